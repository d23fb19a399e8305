import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HttpTransport } from '../../../src/client/http-transport.ts';
import { createHttpTransport } from '../../../src/client/http-transport.ts';
import type { Http01Responder } from '../../../src/client/http01-responder.ts';
import { startHttp01Responder } from '../../../src/client/http01-responder.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { buildWithoutSync } from './build-without-sync.ts';
import type { Scenario } from './every-kind.ts';
import { doEveryKind, WRITES } from './every-kind.ts';
import type { RecordedAnswer } from './recording-client.ts';
import { createRecordingClient } from './recording-client.ts';
import type { FindSending, Violation } from './shown-before-synced.ts';
import { byNonce, sendingCalls, shownBeforeSynced } from './shown-before-synced.ts';
import type { SystemCall } from './system-calls.ts';
import { tlsOnFreshConnections } from './tls-on-fresh-connections.ts';
import type { TracedServer } from './traced-server.ts';
import { startTracedServer } from './traced-server.ts';

/** How many clients load the server at once in the load phase. */
const CLIENTS = 16;

let responder: Http01Responder;
let names = 0;

beforeAll(async () => {
  responder = await startHttp01Responder({ port: 0, timer: systemTimer });
});
afterAll(() => responder.close());

interface Traced {
  readonly calls: readonly SystemCall[];
  readonly answers: readonly RecordedAnswer[];
  readonly violations: readonly Violation[];
  check(calls: readonly SystemCall[]): Promise<readonly Violation[]>;
}

interface TracedOptions {
  readonly program?: string;
  /** For HTTPS. */
  readonly tls?: (apiCa: string) => HttpTransport & { readonly find: FindSending };
}

async function traced(
  work: (scenario: Omit<Scenario, 'readers'>) => Promise<unknown>,
  { program, tls }: TracedOptions = {},
): Promise<Traced> {
  const folder = temporaryFolder();
  const server: TracedServer = await startTracedServer(folder, {
    ...(program === undefined ? {} : { program }),
    settings: { 'acme.tls.enabled': tls !== undefined, 'validation.httpPort': responder.port },
    hosts: { '*.traced.example': ['127.0.0.1', '::1'] },
  });
  const secure = tls?.(readFileSync(server.apiCa ?? '/dev/null', 'utf8'));
  const transport = secure ?? createHttpTransport({ timeoutMs: 20_000, timer: systemTimer });
  const client = createRecordingClient(server.origin, transport);
  try {
    await work({ client, responder, nextName: () => `n${++names}.traced.example` });
  } finally {
    transport.close();
    void server.stop();
  }
  const calls = await server.finish();
  const check = (some: readonly SystemCall[]): Promise<readonly Violation[]> =>
    shownBeforeSynced(
      some,
      join(folder, 'data'),
      client.answers,
      secure?.find ?? byNonce(sendingCalls(some)),
    );
  return { calls, answers: client.answers, violations: await check(calls), check };
}

/** The kinds without what they were about and raced by. */
function kindsOf(answers: readonly RecordedAnswer[]): readonly string[] {
  return [...new Set(answers.map(({ kind }) => kind.replace(/(?: of http|,).*/, '')))];
}

test('no answer leaves before what it says is synced: every kind of write, and reads that race it', async () => {
  const { calls, answers, violations, check } = await traced((scenario) =>
    doEveryKind({ ...scenario, readers: 4 }),
  );
  expect(kindsOf(answers)).toEqual(expect.arrayContaining([...WRITES]));
  expect(violations).toEqual([]);
  // The same trace, had each sync of the log returned only after the next few answers had begun to leave.
  const found = await check(withLateSyncs(calls));
  expect(kindsOf(found.map(({ answer }) => answer))).toEqual(expect.arrayContaining([...WRITES]));
});

test('the same over TLS, by the sizes of its records', async () => {
  const { answers, violations, calls, check } = await traced(
    (scenario) => doEveryKind({ ...scenario, readers: 1 }),
    { tls: tlsOnFreshConnections },
  );
  expect(kindsOf(answers)).toEqual(expect.arrayContaining([...WRITES]));
  expect(violations).toEqual([]);
  expect((await check(withLateSyncs(calls))).length).toBeGreaterThan(WRITES.length);
});

test(`the same for every answer while ${CLIENTS} clients load the server`, async () => {
  const { answers, violations } = await traced((scenario) =>
    Promise.all(Array.from({ length: CLIENTS }, () => doEveryKind({ ...scenario, readers: 1 }))),
  );
  expect(answers.length).toBeGreaterThan(CLIENTS * WRITES.length);
  expect(violations).toEqual([]);
});

test.each(['OFF', 'NORMAL'] as const)(
  'with the sync of commits taken out of a copy of the program (%s), every kind of write is found to be answered too early',
  async (level) => {
    const program = buildWithoutSync(temporaryFolder(), level);
    const { violations } = await traced((scenario) => doEveryKind({ ...scenario, readers: 1 }), { program });
    expect(kindsOf(violations.map(({ answer }) => answer))).toEqual(expect.arrayContaining([...WRITES]));
  },
);

/** Answers: an outcome is not seen by the very next poll. */
const LATE_BY = 6;

function withLateSyncs(calls: readonly SystemCall[]): readonly SystemCall[] {
  const sends = sendingCalls(calls);
  let next = 0;
  const moved = calls.map((call) => {
    if (!/^f(?:data)?sync$/.test(call.name) || call.target?.endsWith('-wal') !== true) return call;
    while ((sends[next]?.began ?? Number.POSITIVE_INFINITY) < call.ended) next += 1;
    return { ...call, ended: (sends[next + LATE_BY]?.began ?? call.ended) + 0.5 };
  });
  return moved.sort((one, other) => one.ended - other.ended);
}
