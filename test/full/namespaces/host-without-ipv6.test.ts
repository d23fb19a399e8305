import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAM, startServer } from '../../support/running-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const NAMESPACE = `touchstone-no-ipv6-${process.pid}`;
const inside = ['ip', 'netns', 'exec', NAMESPACE] as const;

beforeAll(() => {
  execFileSync('ip', ['netns', 'add', NAMESPACE]);
  execFileSync('ip', ['-n', NAMESPACE, 'link', 'set', 'lo', 'up']);
  for (const name of ['all', 'lo'])
    execFileSync('ip', ['netns', 'exec', NAMESPACE, 'sysctl', '-qw', `net.ipv6.conf.${name}.disable_ipv6=1`]);
});

afterAll(() => void execFileSync('ip', ['netns', 'del', NAMESPACE]));

function issue(dataFolder: string) {
  const [command, ...rest] = inside;
  const args = [
    ...rest,
    process.execPath,
    PROGRAM,
    'issue',
    'first.localhost',
    '--data',
    dataFolder,
    '--out',
    dataFolder,
  ];
  return spawnSync(command, args, { encoding: 'utf8' });
}

test('a host without IPv6 is told at the start what will fail, and which setting helps', async () => {
  const server = await startServer({ dataFolder: temporaryFolder(), prefix: inside });
  expect(server.log()).toContain('IPv6');
  expect(server.log()).toContain('validation.ipv6=false');
  expect(server.directory.ipv6).toBeNull();
  const refused = issue(server.dataFolder);
  expect(refused.status).toBe(1);
  expect(refused.stdout + refused.stderr).toContain('validation.ipv6=false');
  expect(await server.stop()).toBe(0);
});

test('with validation.ipv6=false a host without IPv6 issues over IPv4', async () => {
  const server = await startServer({
    dataFolder: temporaryFolder(),
    prefix: inside,
    settings: { 'validation.ipv6': false },
  });
  const issued = issue(server.dataFolder);
  expect(issued.stderr).toBe('');
  expect(issued.status).toBe(0);
  expect(await server.stop()).toBe(0);
});

test('with acme.requireDualStack a host without IPv6 refuses to start, and says why', async () => {
  const start = startServer({
    dataFolder: temporaryFolder(),
    prefix: inside,
    settings: { 'acme.requireDualStack': true },
  });
  await expect(start).rejects.toThrow('cannot listen on ::');
});
