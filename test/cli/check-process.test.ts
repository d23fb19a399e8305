import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { PROGRAM } from '../support/running-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';
import { runTouchstone } from './run-touchstone.ts';

test('check ends with 0 when nothing is in the way and with 1 when something is, and leaves no file', async () => {
  const cwd = temporaryFolder();
  const server = await startWebServer('127.0.0.1', 0, (_, response) => response.writeHead(404).end());
  const args = ['check', '127.0.0.1', '--set', `validation.httpPort=${server.port}`];
  const reached = await runTouchstone(args, { cwd });
  expect({ code: reached.code, err: reached.err }).toEqual({ code: 0, err: '' });
  expect(reached.out).toContain('OK: this CA reaches');
  await server.stop();
  const refused = await runTouchstone([...args, '--json'], { cwd });
  expect({ code: refused.code, err: refused.err }).toEqual({ code: 1, err: '' });
  expect(JSON.parse(refused.out)).toMatchObject({ ok: false, failure: { class: 'connection-refused' } });
  expect(readdirSync(cwd)).toEqual([]);
});

test.each([
  [['--type', 'dns-02'], 'Allowed choices are http-01, dns-01, tls-alpn-01'],
  [['--policy', 'maybe'], 'Allowed choices are documented, boulder, every-hop, never, all'],
  [['--type', 'dns-01'], 'a check by dns-01 says nothing about 127.0.0.1'],
  [['--set', 'validation.httpPort=0'], 'validation.httpPort'],
  [['--config', 'absent.json'], 'there is no file'],
])('check %j ends with 2, says why, and prints no verdict', async (flags, complaint) => {
  const { code, out, err } = await runTouchstone(['check', '127.0.0.1', ...flags]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(complaint);
});

test('a signal breaks a check off at once: it ends with 1, prints no verdict, and leaves no connection', async () => {
  const connected = new EventEmitter();
  const server = await startRawServer('127.0.0.1', 0, (socket) => connected.emit('one', socket.resume()));
  onTestFinished(() => server.stop());
  const set = ['--set', `validation.httpPort=${server.port}`];
  const child = spawn(process.execPath, [PROGRAM, 'check', '127.0.0.1', '--policy', 'all', ...set], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all(
    [child.stdout, child.stderr].map(async (stream) => (await stream.toArray()).join('')),
  );
  const closed = once(child, 'close');
  await once(connected, 'one');
  child.kill('SIGINT');
  expect(await closed).toEqual([1, null]);
  expect(await said).toEqual(['', 'touchstone: the check was broken off before it was over.\n']);
  await server.drained();
  expect(server.accepted()).toBe(1);
});
