import fc from 'fast-check';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { startRawServer } from '../support/web-server.ts';
import { fuzzBudget, share } from './budget.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { issueNormally } from './fuzz-world.ts';
import { inProcessTarget } from './in-process-target.ts';
import { rawLie, SOUND } from './raw-bytes.ts';
import type { RawTally } from './raw-connections.ts';
import { tellRaw } from './raw-connections.ts';

const budget = fuzzBudget(2_000, 'raw connections');
let overTls: FuzzTarget;
let overHttp: FuzzTarget;
const tally: RawTally = { waited: 0, answered: 0 };

beforeAll(async () => {
  overTls = await inProcessTarget();
  overHttp = await inProcessTarget({ acme: { tls: { enabled: false } } });
});

test.each([
  ['nothing', ''],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"new'],
  ['a refusal', 'HTTP/1.1 204 No Content\r\n\r\n'],
])('a server that has %s for a sound request is found out', async (_what, answer) => {
  const server = await startRawServer('127.0.0.1', 0, (socket) => socket.resume().end(answer));
  onTestFinished(() => server.stop());
  const target = { port: server.port, dataVersion: () => 1 };
  const lie = { bytes: Buffer.from(SOUND), over: 'tcp', leave: 'answered' } as const;
  const told = tellRaw(target, { waited: 0, answered: 0 }, lie);
  await expect(told).rejects.toThrow(/to "GET \/dir/);
});

test('whatever bytes come over TLS are answered with responses in order, and the connection is closed', async () => {
  await fc.assert(
    fc.asyncProperty(rawLie, (lie) => tellRaw(overTls, tally, lie)),
    share(budget, 0.08),
  );
});

test('the same over plain HTTP', async () => {
  await fc.assert(
    fc.asyncProperty(rawLie, (lie) => tellRaw(overHttp, tally, lie)),
    share(budget, 0.22),
  );
});

// Not all: of an empty line a server waits for more, and the end that comes instead is no request.
test('nearly everybody who sends something and waits is answered', () => {
  expect(tally.answered).toBeGreaterThan(0.95 * tally.waited);
});

test('afterwards certificates are issued, and nothing was logged as an error', async () => {
  for (const target of [overTls, overHttp]) {
    await issueNormally(target);
    expect(target.complaints()).toEqual([]);
  }
});
