import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import Database from 'better-sqlite3';
import { Agent, fetch as undiciFetch } from 'undici';
import { parseConfiguration } from '../../src/application/configuration.ts';
import type { RunningTouchstone } from '../../src/application/start-touchstone.ts';
import { startTouchstone } from '../../src/application/start-touchstone.ts';
import type { World } from '../../src/application/world.ts';
import { realWorld } from '../../src/application/world.ts';
import type { Http01Responder } from '../../src/client/http01-responder.ts';
import { startHttp01Responder } from '../../src/client/http01-responder.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { openSqliteReader } from '../../src/store/sqlite/open-sqlite-reader.ts';
import type { ClosableStoreReader } from '../../src/store/store.ts';
import type { Fetch } from './acme-requests.ts';
import { AcmeRequests } from './acme-requests.ts';

type CleanUp = (action: () => Promise<void>) => void;

/** Keys of the configuration over those of a test: free ports, loopback. */
export type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface TestCaOptions {
  readonly dataFolder: string;
  /** How what was started is ended: `onTestFinished`, or `afterAll` for a CA that a file shares. */
  readonly cleanUp: CleanUp;
  readonly settings?: Settings;
  readonly world?: Partial<World>;
}

/** A certificate authority in this process that is spoken to over HTTPS, with a responder that it validates against. */
export interface TestCa {
  readonly dataFolder: string;
  /** `https://127.0.0.1:PORT`, and the same over IPv6 and by name. */
  readonly base: string;
  readonly base6: string;
  readonly baseByName: string;
  readonly running: RunningTouchstone;
  readonly responder: Http01Responder;
  /** Fetches with the data folder's API CA as the one that is trusted. */
  readonly fetch: Fetch;
  /** Lines of its log at the levels warn and error, errors with their causes. */
  readonly complaints: readonly string[];
  /** A client with a new key, registered. */
  account(base?: string): Promise<AcmeRequests>;
  /** A client with a new key and no account. */
  stranger(base?: string): Promise<AcmeRequests>;
  /** Resolves when no validation is under way. */
  idle(): Promise<void>;
  /** The database of the data folder, read beside the server. */
  reader(): Promise<ClosableStoreReader>;
  /** Every row of the database, by table: two of them are equal when nothing has changed. */
  contents(): Readonly<Record<string, readonly unknown[]>>;
  /** Ends the server, but not the responder. Called again it does nothing. */
  stop(): Promise<void>;
  /** Another server on the same data folder and responder, after `stop`. */
  startAgain(changes?: Pick<TestCaOptions, 'settings' | 'world'>): Promise<TestCa>;
}

const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));

/** Starts a CA on a data folder, and the responder at the port that it validates by http-01. */
export async function startTestCa(options: TestCaOptions): Promise<TestCa> {
  const responder = await startHttp01Responder({ port: 0, timer: systemTimer });
  options.cleanUp(() => responder.close());
  return start(options, responder);
}

async function start(options: TestCaOptions, responder: Http01Responder): Promise<TestCa> {
  const { dataFolder, cleanUp, settings = {} } = options;
  const complaints: string[] = [];
  const complain = (facts: object, message: string) => void complaints.push(lineOf(facts, message));
  const running = await startTouchstone({
    config: parseConfiguration(withDefaults(settings, responder.port)),
    world: realWorld({
      logger: { debug: () => {}, info: () => {}, warn: complain, error: complain },
      ...options.world,
    }),
    dataFolder,
    migrationsFolder: MIGRATIONS,
    program: 'touchstone',
    realClock: systemClock,
    onFatal: (error) => complain({ err: error }, 'fatal'),
  });
  cleanUp(() => running.stop());
  const { ipv4, ipv6, localhost } = running.facts.directory;
  const trusting = trustingFetch(running.facts.apiCa);
  cleanUp(trusting.close);
  const base = baseOf(ipv4);
  const newClient = async (at: string) => {
    const client = await AcmeRequests.withNewKey(at, 'ES256', trusting.fetch);
    client.spareNonces = [];
    return client;
  };
  return {
    dataFolder,
    base,
    base6: baseOf(ipv6),
    baseByName: baseOf(localhost),
    running,
    responder,
    fetch: trusting.fetch,
    complaints,
    account: async (at = base) => {
      const client = await newClient(at);
      await client.register();
      return client;
    },
    stranger: (at = base) => newClient(at),
    idle: () => running.idle(),
    reader: async () => {
      const reader = await openSqliteReader({ file: join(dataFolder, 'touchstone.db') });
      cleanUp(() => reader.close());
      return reader;
    },
    contents: () => contentsOf(join(dataFolder, 'touchstone.db')),
    stop: async () => {
      // Else the listener would wait for connections that are only kept alive.
      await trusting.close();
      await running.stop();
    },
    startAgain: (changes = {}) =>
      start({ dataFolder, cleanUp, settings: changes.settings ?? settings, ...worldOf(changes) }, responder),
  };
}

/** Loopback only, and free ports. */
function withDefaults(settings: Settings, httpPort: number): object {
  return {
    ...settings,
    acme: { port: 0, addresses: ['127.0.0.1', '::1'], ...settings.acme },
    publication: { port: 0, ...settings.publication },
    validation: { httpPort, ...settings.validation },
  };
}

function worldOf({ world }: Pick<TestCaOptions, 'world'>): Pick<TestCaOptions, 'world'> {
  return world === undefined ? {} : { world };
}

function trustingFetch(apiCa: string | undefined): {
  readonly fetch: Fetch;
  readonly close: () => Promise<void>;
} {
  const ca = apiCa === undefined ? [] : [readFileSync(apiCa)];
  const dispatcher = new Agent({ connect: { ca } });
  return {
    // node's own fetch takes no CA, and undici's has types of its own for the same thing.
    fetch: (url, init) =>
      undiciFetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>,
    close: () => dispatcher.close().catch(() => undefined),
  };
}

function contentsOf(file: string): Readonly<Record<string, readonly unknown[]>> {
  const database = new Database(file, { readonly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    return Object.fromEntries(
      tables.map((name) => [String(name), database.prepare(`SELECT * FROM "${String(name)}"`).all()]),
    );
  } finally {
    database.close();
  }
}

function baseOf(directory: string | undefined): string {
  return directory === undefined ? '' : new URL(directory).origin;
}

function lineOf(facts: object, message: string): string {
  const readable = (_key: string, value: unknown) => (value instanceof Error ? inspect(value) : value);
  return `${message} ${JSON.stringify(facts, readable)}`;
}
