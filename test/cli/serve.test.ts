import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { PROGRAM, startServer } from '../support/running-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runTouchstone } from './run-touchstone.ts';

const FREE_PORTS = ['--set', 'acme.port=0', '--set', 'publication.port=0'];

/** `touchstone serve` that prints to a pipe. Lines are read as they come. */
function serve(args: readonly string[], cwd = temporaryFolder()) {
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...FREE_PORTS, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let text = '';
  return {
    child,
    cwd,
    exited,
    text: () => text,
    async until(wanted: RegExp): Promise<string> {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`the output ended before ${wanted}:\n${text}`);
        text += `${value}\n`;
        if (wanted.test(value)) return value;
      }
    },
  };
}

test('--json prints one line with exactly these keys, and the ready file holds the same', async () => {
  const folder = temporaryFolder();
  const readyFile = join(folder, 'ready.json');
  const server = serve(['--json', '--ready-file', readyFile], folder);
  const ready = JSON.parse(await server.until(/./));
  expect(Object.keys(ready)).toEqual(['pid', 'directory', 'apiCa', 'rootCa', 'dataFolder']);
  expect(Object.keys(ready.directory)).toEqual(['ipv4', 'ipv6', 'localhost']);
  expect(ready.pid).toBe(server.child.pid);
  // The data folder is relative to the working directory, and told as an absolute path.
  expect(ready.dataFolder).toBe(join(folder, 'touchstone-data'));
  for (const path of [ready.apiCa, ready.rootCa]) expect(isAbsolute(path) && existsSync(path)).toBe(true);
  expect(JSON.parse(readFileSync(readyFile, 'utf8'))).toEqual(ready);
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('what there is not is null for programs', async () => {
  const server = serve(['--json', '--set', 'acme.tls.enabled=false', '--set', 'acme.addresses=127.0.0.1']);
  const ready = JSON.parse(await server.until(/./));
  expect(ready).toMatchObject({
    apiCa: null,
    directory: { ipv6: null, ipv4: expect.stringMatching(/^http:/) },
  });
});

test.skipIf(process.platform === 'win32')(
  "the guide's commands work as pasted, in another folder, without colours in a pipe",
  async () => {
    const server = serve(['--set', `validation.httpPort=${await freePort()}`]);
    await server.until(/Ctrl-C stops it/);
    expect(server.text()).not.toContain('\x1b');
    const command = (word: string): string =>
      server
        .text()
        .split('\n')
        .find((line) => line.includes(` ${word} `) || line.startsWith(`${word} `)) ?? '';
    const paste = async (line: string) => {
      const shell = spawn('/bin/sh', ['-c', line], {
        cwd: temporaryFolder(),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      shell.stdout.on('data', (text) => {
        said += text;
      });
      shell.stderr.on('data', (text) => {
        said += text;
      });
      const [code] = await once(shell, 'close');
      return { code, said };
    };
    const issued = await paste(command('issue'));
    expect(issued).toMatchObject({ code: 0, said: expect.stringContaining('proved       first.localhost') });
    const explained = await paste(command('explain'));
    expect(explained).toMatchObject({
      code: 0,
      said: expect.stringContaining('By the rules prefer-ipv6 and'),
    });
  },
);

test.each([
  ['an unknown key', ['--set', 'acme.prot=1'], 'acme.prot: there is no such key'],
  ['a bad value', ['--set', 'acme.port=abc'], 'acme.port: must be a number, and is "abc"'],
  ['a file that is not there', ['--config', 'none.json'], 'there is no file '],
  ['an unknown flag', ['--nope'], "unknown option '--nope'"],
  ['an argument too many', ['extra'], 'too many arguments'],
  ['a ready file in a folder that is not there', ['--ready-file', 'none/ready.json'], '--ready-file'],
])('%s exits 2, says so, and makes no data folder', async (_what, args, complaint) => {
  const cwd = temporaryFolder();
  const { code, out, err } = await runTouchstone(['serve', ...FREE_PORTS, ...args], { cwd });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(complaint);
  expect(err).not.toMatch(/\n\s+at /);
  expect(existsSync(join(cwd, 'touchstone-data'))).toBe(false);
});

test.each(['acme.port', 'publication.port'])('a busy %s exits 3 and names the setting', async (setting) => {
  const other = createServer().listen(0, '0.0.0.0');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const args = ['serve', '--data', temporaryFolder(), ...FREE_PORTS, '--set', `${setting}=${port}`];
  const { code, err } = await runTouchstone(args);
  expect(code).toBe(3);
  expect(err).toMatch(new RegExp(`^touchstone: port ${port} is in use [^\\n]*\\n  --set ${setting}=0\\n$`));
});

test('a data folder in use exits 3 and names the process; after kill -9 the next start works', async () => {
  const dataFolder = temporaryFolder();
  const first = await startServer({ dataFolder });
  onTestFinished(() => first.kill());
  const { code, err } = await runTouchstone(['serve', '--data', dataFolder, ...FREE_PORTS]);
  expect(code).toBe(3);
  expect(err).toContain(`in use by process ${first.pid}`);
  first.kill();
  await first.exited;
  expect(existsSync(join(dataFolder, 'lock'))).toBe(true);
  const second = await startServer({ dataFolder });
  onTestFinished(() => second.kill());
  expect(await second.stop()).toBe(0);
});

test('of two processes that start at once on one folder exactly one serves', async () => {
  const dataFolder = temporaryFolder();
  const starts = await Promise.allSettled([startServer({ dataFolder }), startServer({ dataFolder })]);
  for (const start of starts) if (start.status === 'fulfilled') onTestFinished(() => start.value.kill());
  const winners = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  expect(winners).toHaveLength(1);
  const losers = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []));
  expect(losers).toEqual([expect.stringContaining(`in use by process ${winners[0]?.pid}`)]);
});

test('the environment names the configuration file and the data folder, and flags win', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'touchstone.json');
  writeFileSync(config, '{"nope": 1}');
  const fromFile = await runTouchstone(['serve'], { env: { TOUCHSTONE_CONFIG: config } });
  expect(fromFile).toMatchObject({ code: 2, err: expect.stringContaining('nope: there is no such key') });
  const env = { TOUCHSTONE_DATA: join(folder, 'elsewhere') };
  const root = await runTouchstone(['root'], { env });
  expect(root.err).toContain(join(folder, 'elsewhere', 'root-ca.pem'));
  const flag = await runTouchstone(['root', '--data', join(folder, 'flag')], { env });
  expect(flag.err).toContain(join(folder, 'flag', 'root-ca.pem'));
});

test('at info the log has a line for a validation and an issuance, as JSON in a pipe, and none for a request served', async () => {
  const dataFolder = temporaryFolder();
  const server = await startServer({
    dataFolder,
    settings: { 'log.level': 'info', 'validation.httpPort': await freePort() },
  });
  onTestFinished(() => server.kill());
  const out = temporaryFolder();
  const issued = await runTouchstone(['issue', 'log.localhost', '--data', dataFolder, '--out', out]);
  expect(issued.code).toBe(0);
  expect(await server.stop()).toBe(0);
  const lines = server
    .log()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { level: 'info', msg: 'validation passed', challenge: 'chal_1', name: 'log.localhost', type: 'http-01' },
    {
      level: 'info',
      msg: 'certificate issued',
      certificate: 'cert_1',
      order: 'order_1',
      names: ['log.localhost'],
    },
  ]);
});
