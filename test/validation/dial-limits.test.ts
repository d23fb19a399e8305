import { afterEach, expect, test } from 'vitest';
import type { AccountId } from '../../src/protocol/ids.ts';
import { parseId } from '../../src/protocol/ids.ts';
import type { ValidationVerdict } from '../../src/protocol/validation-question.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { DialResult, DialTarget, Network } from '../../src/runtime/network.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { createSharedAbort } from '../../src/runtime/shared-abort.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { validationSchema } from '../../src/validation/validation-config.ts';
import { createValidator } from '../../src/validation/validator.ts';
import type { BlackHole } from '../support/black-hole.ts';
import { startBlackHole } from '../support/black-hole.ts';
import { steppedTimer } from '../support/stepped-timer.ts';
import { KEY_AUTHORIZATION, questionFor, WITHOUT_CAA } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';

const HOST = '127.0.0.1';
const REFUSED: DialResult = { outcome: 'refused', code: 'ECONNREFUSED', durationMs: 0 };

const started: (SeenServer | BlackHole)[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

function account(number: number): AccountId {
  const id = parseId('acct', `acct_${number}`);
  if (id === undefined) throw new Error('unreachable: a well-formed id');
  return id;
}

interface HeldDial {
  readonly address: string;
  end(): void;
}

/** A network whose dials end when a test says so, refused. */
function heldNetwork() {
  const open: HeldDial[] = [];
  const dialled: string[] = [];
  const network: Network = {
    connect: ({ address }, _budgetMs, signal) =>
      new Promise((resolve) => {
        dialled.push(address);
        const end = (result: DialResult): void => {
          open.splice(open.indexOf(dial), 1);
          resolve(result);
        };
        const dial = { address, end: () => end(REFUSED) };
        open.push(dial);
        signal?.addEventListener('abort', () => end({ outcome: 'aborted', durationMs: 0 }));
      }),
  };
  return { network, open, dialled };
}

interface Under {
  readonly network?: Network;
  readonly timer?: Timer;
  readonly settings?: object;
}

/** Validates literal addresses for accounts, all by the same validation authority. */
function authority({
  network = createSystemNetwork(systemTimer),
  timer = systemTimer,
  settings = {},
}: Under) {
  const validator = createValidator(
    { ...validationSchema.parse(settings), caa: WITHOUT_CAA },
    {
      resolver: {
        lookup: () => Promise.reject(new Error('nothing is looked up')),
        answersItself: () => false,
        close: () => undefined,
      },
      network,
      timer,
      clock: systemClock,
      userAgent: 'touchstone-test',
    },
  );
  return (address: string, accountId: AccountId, signal?: AbortSignal): Promise<ValidationVerdict> =>
    validator.validate({ ...questionFor({ type: 'ip', value: address }), accountId }, signal);
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('dials no more at once than 100 in all, 25 for an account, 16 to an address, half of them for one', async () => {
  const { network, open } = heldNetwork();
  const validate = authority({ network });
  const all: Promise<ValidationVerdict>[] = [];
  for (let count = 0; count < 500; count += 1) all.push(validate('192.0.2.1', account(1)));
  await settle();
  expect(open).toHaveLength(8);
  for (let count = 0; count < 500; count += 1) all.push(validate(`198.51.100.${count % 250}`, account(1)));
  await settle();
  expect(open).toHaveLength(25);
  for (let count = 0; count < 500; count += 1) all.push(validate('192.0.2.1', account(1000 + (count % 250))));
  await settle();
  expect(open.filter(({ address }) => address === '192.0.2.1')).toHaveLength(16);
  for (let count = 0; count < 500; count += 1)
    all.push(validate(`203.0.113.${count % 250}`, account(count + 2)));
  await settle();
  expect(open).toHaveLength(100);
  let most = 0;
  for (let rounds = 0; open.length > 0; rounds += 1) {
    most = Math.max(most, open.length);
    open[rounds % open.length]?.end();
    await settle();
  }
  expect(most).toBe(100);
  const verdicts = await Promise.all(all);
  expect(verdicts.every(({ record }) => record.failure?.class === 'connect')).toBe(true);
});

test('while 500 targets of one account never answer, the dials of others go through at once', async () => {
  const { network, open, dialled } = heldNetwork();
  const validate = authority({ network });
  const stop = createSharedAbort();
  const flood = Array.from({ length: 500 }, (_, index) =>
    validate(`192.0.2.${index % 250}`, account(1), stop.signal),
  );
  await settle();
  const others = Array.from({ length: 50 }, (_, index) => validate(`203.0.113.${index}`, account(index + 2)));
  await settle();
  expect(dialled).toHaveLength(25 + 50);
  for (const dial of open.filter(({ address }) => address.startsWith('203.'))) dial.end();
  await Promise.all(others);
  expect(open).toHaveLength(25);
  stop.abort();
  await Promise.all(flood);
  expect(open).toEqual([]);
});

test('while one account floods an address that never answers, another dials the same address at once', async () => {
  const { network, open, dialled } = heldNetwork();
  const validate = authority({ network, settings: { maxDialsPerAddress: 5 } });
  const stop = createSharedAbort();
  const flood = Array.from({ length: 500 }, () => validate('192.0.2.1', account(1), stop.signal));
  await settle();
  expect(dialled).toHaveLength(3);
  const others = [2, 3].map((number) => validate('192.0.2.1', account(number)));
  await settle();
  expect(dialled).toHaveLength(5);
  for (const dial of open.slice(3)) dial.end();
  await Promise.all(others);
  expect(open).toHaveLength(3);
  stop.abort();
  await Promise.all(flood);
  expect(open).toEqual([]);
});

test('a full address holds up neither its account at other addresses nor others anywhere else', async () => {
  const { network, dialled } = heldNetwork();
  const stop = createSharedAbort();
  const validate = authority({ network, settings: { maxDialsPerAddress: 1 } });
  const all = [
    validate('192.0.2.1', account(1), stop.signal),
    validate('192.0.2.1', account(1), stop.signal),
    validate('192.0.2.1', account(2), stop.signal),
    validate('192.0.2.2', account(1), stop.signal),
    validate('192.0.2.3', account(2), stop.signal),
  ];
  await settle();
  expect(dialled).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
  stop.abort();
  await Promise.all(all);
});

test('accounts take turns, however many dials one of them waits for', async () => {
  const { network, open, dialled } = heldNetwork();
  const validate = authority({ network, settings: { maxDials: 1 } });
  const all = [1, 2, 3, 4].map((last) => validate(`192.0.2.${last}`, account(1)));
  all.push(...[1, 2].map((last) => validate(`198.51.100.${last}`, account(2))));
  all.push(validate('203.0.113.1', account(3)));
  for (let count = 0; count < all.length; count += 1) {
    await settle();
    open[0]?.end();
  }
  await Promise.all(all);
  // The second of account 1 was there before any other account.
  expect(dialled).toEqual([
    '192.0.2.1',
    '192.0.2.2',
    '198.51.100.1',
    '203.0.113.1',
    '192.0.2.3',
    '198.51.100.2',
    '192.0.2.4',
  ]);
});

test('a connection counts until it is closed, also one whose answer comes byte by byte', async () => {
  const dripping: (() => void)[] = [];
  const server = await startRawServer(HOST, 0, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    dripping.push(() =>
      socket.end(`Content-Length: ${KEY_AUTHORIZATION.length}\r\n\r\n${KEY_AUTHORIZATION}`),
    );
  });
  started.push(server);
  const real = createSystemNetwork(systemTimer);
  const ends: (() => void)[] = [];
  const connected = new Promise<void>((resolve) => void ends.push(resolve));
  const network: Network = {
    connect: async (...dial) => {
      const result = await real.connect(...dial);
      ends.pop()?.();
      return result;
    },
  };
  const validate = authority({ network, settings: { httpPort: server.port, maxDialsPerAddress: 1 } });
  const first = validate(HOST, account(1));
  const second = validate(HOST, account(2));
  await connected;
  while (dripping.length === 0) await settle();
  expect(server.accepted()).toBe(1);
  dripping[0]?.();
  expect((await first).passed).toBe(true);
  while (dripping.length < 2) await settle();
  dripping[1]?.();
  expect((await second).passed).toBe(true);
});

test('an address is the same whichever way it is written', async () => {
  const { network, dialled } = heldNetwork();
  const stop = createSharedAbort();
  const validate = authority({ network, settings: { maxDialsPerAddress: 1 } });
  const all = ['2001:db8::1', '2001:DB8:0:0::1'].map((address) => validate(address, account(1), stop.signal));
  await settle();
  expect(dialled).toHaveLength(1);
  stop.abort();
  await Promise.all(all);
});

test('waiting for a turn takes nothing of the time of a validation, and is in its record', async () => {
  const timer = steppedTimer();
  const { network, open } = heldNetwork();
  const validate = authority({ network, timer, settings: { maxDialsPerAccount: 1 } });
  const first = validate('192.0.2.1', account(1));
  const second = validate('192.0.2.2', account(1));
  await settle();
  open[0]?.end();
  await first;
  await settle();
  open[0]?.end();
  expect((await second).record.steps.at(-1)).not.toHaveProperty('waitedMs');

  const blocking = createSharedAbort();
  const third = validate('192.0.2.3', account(1), blocking.signal);
  const fourth = validate('192.0.2.4', account(1));
  await settle();
  // The third is aborted by its own total time, ten times over; the fourth has not begun.
  timer.pass(600_000);
  await third;
  await settle();
  timer.pass(59_000);
  expect(open.map(({ address }) => address)).toEqual(['192.0.2.4']);
  open[0]?.end();
  const { record } = await fourth;
  expect(record.failure).toMatchObject({ class: 'connect', kind: 'refused' });
  expect(record.steps.at(-1)).toMatchObject({ step: 'attempt', waitedMs: 600_000 });
});

test('after its turn has come, the time of a validation runs on from where it stood', async () => {
  const timer = steppedTimer();
  const { network, open } = heldNetwork();
  const validate = authority({ network, timer, settings: { maxDialsPerAccount: 1 } });
  const first = validate('192.0.2.1', account(1));
  const second = validate('192.0.2.2', account(1));
  await settle();
  timer.pass(50_000);
  open[0]?.end();
  await first;
  await settle();
  timer.pass(60_000);
  expect((await second).record.failure).toMatchObject({ class: 'overall-timeout', budgetMs: 60_000 });
});

test('a stop ends the waiting, without an attempt, and leaves the turn to others', async () => {
  const { network, open, dialled } = heldNetwork();
  const validate = authority({ network, settings: { maxDials: 1 } });
  const stop = createSharedAbort();
  const first = validate('192.0.2.1', account(1));
  const waiting = [2, 3].map((number) => validate('192.0.2.2', account(number), stop.signal));
  await settle();
  stop.abort();
  for (const { record } of await Promise.all(waiting)) {
    expect(record.failure).toMatchObject({ class: 'internal' });
    expect(record.steps.filter(({ step }) => step === 'attempt')).toEqual([]);
  }
  open[0]?.end();
  await first;
  const next = validate('192.0.2.4', account(4));
  await settle();
  open[0]?.end();
  await next;
  expect(dialled).toEqual(['192.0.2.1', '192.0.2.4']);
});

test('a dial for which this host has no file descriptor is made again, and is one attempt', async () => {
  const server = await startWebServer(HOST, 0, (_, response) => response.end(KEY_AUTHORIZATION));
  started.push(server);
  const real = createSystemNetwork(systemTimer);
  const refusals = ['EMFILE', 'ENFILE'];
  const network: Network = {
    connect: (target: DialTarget, budgetMs, signal) => {
      const code = refusals.pop();
      if (code !== undefined) return Promise.resolve({ outcome: 'other', code, durationMs: 0 });
      return real.connect(target, budgetMs, signal);
    },
  };
  const { passed, record } = await authority({ network, settings: { httpPort: server.port } })(
    HOST,
    account(1),
  );
  expect(passed).toBe(true);
  expect(record.steps.filter(({ step }) => step === 'attempt')).toMatchObject([{ outcome: 'connected' }]);
});

test('without a file descriptor for as long as a dial may take, the attempt says so', async () => {
  let dials = 0;
  const network: Network = {
    connect: () => {
      dials += 1;
      return Promise.resolve({ outcome: 'other', code: 'EMFILE', durationMs: 0 });
    },
  };
  const { record } = await authority({ network, settings: { connectTimeoutMs: 350 } })(HOST, account(1));
  expect(dials).toBeGreaterThan(1);
  expect(record.failure).toMatchObject({ class: 'connect', code: 'EMFILE' });
});

test('on real sockets, the others pass while the targets of one account drop every packet', async () => {
  const hole = await startBlackHole(HOST);
  const server = await startWebServer('127.0.0.2', hole.port, (_, response) =>
    response.end(KEY_AUTHORIZATION),
  );
  started.push(hole, server);
  const validate = authority({ settings: { httpPort: hole.port, maxDials: 8, maxDialsPerAccount: 4 } });
  const stop = createSharedAbort();
  const flood = Array.from({ length: 500 }, () => validate(HOST, account(1), stop.signal));
  const others = Array.from({ length: 50 }, (_, index) => validate('127.0.0.2', account(index + 2)));
  expect((await Promise.all(others)).every(({ passed }) => passed)).toBe(true);
  stop.abort();
  const verdicts = await Promise.all(flood);
  expect(verdicts.filter(({ record }) => record.failure?.class === 'internal')).toHaveLength(500);
});
