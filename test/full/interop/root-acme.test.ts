import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Listener } from '../../../src/runtime/listener.ts';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { startInteropServer } from '../support/interop-server.ts';
import { allBy, provedBy } from '../support/proved-by.ts';
import { runProgram } from '../support/run-program.ts';
import { startWebrootServer } from '../support/webroot-server.ts';

const NAMES = ['root-acme.interop.example', 'www.root-acme.interop.example'];
const PROGRAM = fileURLToPath(new URL('./programs/root-acme.mjs', import.meta.url));

let server: InteropServer;
let webroot: Listener;
let challenges: string;

beforeAll(async () => {
  server = await startInteropServer({ names: NAMES });
  challenges = join(server.clientFolder, 'challenges');
  mkdirSync(challenges);
  webroot = await startWebrootServer(challenges, server.httpPort);
});

afterAll(async () => {
  await webroot?.close(0);
  await server?.finish();
});

test('@root/acme obtains a certificate, although it posts a challenge again that is valid already', async () => {
  const { code, output, stdout } = await runProgram(
    process.execPath,
    [PROGRAM, server.directory.localhost, challenges, ...NAMES],
    { home: server.clientFolder, env: { NODE_EXTRA_CA_CERTS: server.apiCa } },
  );
  if (code !== 0) throw new Error(`it ended with ${code}:\n${output}`);
  const file = join(server.clientFolder, 'chain.pem');
  writeFileSync(file, stdout);
  checkCertificate([file], server.rootCa, NAMES);
  expect(await provedBy(server, NAMES[0] ?? '')).toEqual(allBy('http-01', NAMES));
});
