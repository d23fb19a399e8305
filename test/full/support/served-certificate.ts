import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCertificate } from './check-certificate.ts';
import type { InteropServer } from './interop-server.ts';
import { serialOf } from './interop-server.ts';
import { runProgram } from './run-program.ts';

/** The serial of the certificate that is served for the name at a port of this machine: openssl has judged it by then. */
export async function servedSerial(
  { clientFolder, rootCa }: Pick<InteropServer, 'clientFolder' | 'rootCa'>,
  port: number,
  name: string,
): Promise<string> {
  const { stdout } = await runProgram(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name, '-showcerts'],
    { home: clientFolder },
  );
  const file = join(clientFolder, 'served.pem');
  writeFileSync(file, stdout);
  checkCertificate([file], rootCa, [name]);
  return serialOf(file);
}
