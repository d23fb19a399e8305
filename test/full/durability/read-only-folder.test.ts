import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAM, startServer } from '../../support/running-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runProgram } from '../support/run-program.ts';
import { mountSmallDisk } from './small-disk.ts';

const FREE_PORTS = ['--set', 'acme.port=0', '--set', 'publication.port=0'];

test.each(['is new', 'a server has left'])(
  'a data folder that %s, on a read-only file system, exits 2 and says so, and works once it is writable',
  async (kind) => {
    const disk = mountSmallDisk(8 * 1024);
    const dataFolder = join(disk.path, 'data');
    if (kind === 'a server has left') expect(await (await startServer({ dataFolder })).stop()).toBe(0);
    disk.setReadOnly(true);
    const args = [PROGRAM, 'serve', '--data', dataFolder, ...FREE_PORTS];
    const { code, output } = await runProgram(process.execPath, args, { home: temporaryFolder() });
    expect(code, output).toBe(2);
    expect(output).toMatch(/the data folder \S+: .*read-only file system.*Choose another with --data DIR/);
    expect(output).not.toMatch(/\n\s+at /);
    disk.setReadOnly(false);
    expect(await (await startServer({ dataFolder })).stop()).toBe(0);
  },
);

test('without root, a data folder of somebody else exits 2 and says what is not permitted', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const dataFolder = join(folder, 'data');
  mkdirSync(dataFolder, { mode: 0o755 });
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const args = [...nobody, process.execPath, PROGRAM, 'serve', '--data', dataFolder, ...FREE_PORTS];
  const { code, output } = await runProgram('setpriv', args, { home: '/' });
  expect(code, output).toBe(2);
  expect(output).toMatch(/the data folder \S+: .*permission denied.*Choose another with --data DIR/);
});
