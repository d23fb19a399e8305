import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpTransport } from '../../../src/client/http-transport.ts';
import type { Http01Responder } from '../../../src/client/http01-responder.ts';
import { startHttp01Responder } from '../../../src/client/http01-responder.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import { freePort } from '../../support/free-port.ts';
import type { RunningServer, ServerOptions } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';
import type { AccountEntry, OrderEntry } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { Chance } from './seeded-chance.ts';
import { seededChance } from './seeded-chance.ts';
import type { Session } from './session.ts';
import { createSession } from './session.ts';

/** One data folder over many servers, each killed, and what they have acknowledged between them. */
export interface CrashWorld {
  readonly dataFolder: string;
  readonly database: string;
  readonly ledger: Ledger;
  readonly chance: Chance;
  readonly responder: Http01Responder;
  /** What was touched since the last comparison. */
  readonly touched: Set<AccountEntry | OrderEntry>;
  nextName(): string;
  /** How to start a server on the folder. */
  serverOptions(settings?: ServerOptions['settings']): ServerOptions;
  start(settings?: ServerOptions['settings']): Promise<RunningServer>;
  close(): Promise<void>;
}

/** A world in which nothing has happened yet. `seed` gives the same choices again. */
export async function createCrashWorld(seed: number): Promise<CrashWorld> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'touchstone-kill-'));
  const responder = await startHttp01Responder({ port: 0, timer: systemTimer });
  const acmePort = await freePort();
  let names = 0;
  const serverOptions: CrashWorld['serverOptions'] = (settings = {}) => ({
    dataFolder,
    settings: {
      'acme.port': acmePort,
      'validation.httpPort': responder.port,
      'log.level': 'error',
      ...settings,
    },
    hosts: { '*.crash.example': ['127.0.0.1', '::1'] },
  });
  return {
    dataFolder,
    database: join(dataFolder, 'touchstone.db'),
    ledger: new Ledger(),
    chance: seededChance(seed),
    responder,
    touched: new Set(),
    nextName: () => {
      names += 1;
      return `n${names}.crash.example`;
    },
    serverOptions,
    start: (settings) => startServer(serverOptions(settings)),
    async close() {
      await responder.close();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** Speaks to the server in a session of its own. `onSend` is told of each request just after it was handed to its socket. */
export async function withSession<Outcome>(
  server: Pick<RunningServer, 'apiCa' | 'directory'>,
  ledger: Ledger,
  onSend: (session: Session) => void,
  action: (session: Session) => Promise<Outcome>,
): Promise<Outcome> {
  const apiCa = readFileSync(server.apiCa, 'utf8');
  const transport = createHttpTransport({ apiCa, timeoutMs: 20_000, timer: systemTimer });
  const { origin } = new URL(server.directory.localhost);
  const session: Session = createSession(origin, transport, ledger, () => onSend(session));
  try {
    return await action(session);
  } finally {
    transport.close();
  }
}

/** Runs the action over the items, several at once, and joins what they answer. */
export async function inTurns<Item, Outcome>(
  items: readonly Item[],
  action: (item: Item) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const queue = [...items];
  const outcomes: Outcome[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift())
        outcomes.push(...(await action(item)));
    }),
  );
  return outcomes;
}
