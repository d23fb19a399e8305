import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timeToFirstAnswer } from '../measure/first-answer.ts';
import { inTurn } from '../measure/in-turn.ts';
import { dropFromPageCache } from '../measure/page-cache.ts';
import { rangeOf } from '../measure/statistics.ts';
import { figureOfRange } from '../report/figures.ts';
import { endChild, endWithThisProcess } from '../servers/child-process.ts';
import { findPebble, PEBBLE_ENVIRONMENT, writePebbleConfiguration } from '../servers/pebble.ts';
import { freePort } from '../world/free-port.ts';
import { seedStore } from '../world/seed-store.ts';
import type { BenchContext, Scenario } from './scenario.ts';

const USUAL_STARTS = 7;
const STORED_ORDERS = 100_000;

/** Starts a server and stops it again; returns the milliseconds until its directory was answered. */
type Start = () => Promise<number>;

interface Row {
  readonly title: string;
  readonly ours: Start;
  /** Absent where it has nothing to compare: it stores no orders. */
  readonly pebble?: Start;
}

export const start: Scenario = {
  name: 'start',
  summary: 'from process start to the first directory answer: cold, warm, first start, many stored orders',
  usual: true,
  async run(context) {
    const { report, options, defer } = context;
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-start-'));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const rounds = options.pairs ?? (options.quick ? 2 : USUAL_STARTS);
    const servers = ['touchstone', ...(context.startPebble === undefined ? [] : ['pebble'])];
    const rows: string[][] = [];
    for (const { title, ours, pebble } of await rowsOf(context, folder)) {
      report.progress(`\n${title}: ${rounds} starts of each server ...`);
      const samples: Record<string, number[]> = { touchstone: [], pebble: [] };
      const starts = [
        { server: 'touchstone', start: ours },
        ...(pebble === undefined ? [] : [{ server: 'pebble', start: pebble }]),
      ];
      for (let round = 0; round < rounds; round += 1) {
        for (const { server, start } of inTurn(starts, round)) samples[server]?.push(await start());
      }
      rows.push([title, ...servers.map((server) => figureOfRange(rangeOf(samples[server] ?? [])))]);
      report.record(`start: ${title}`, samples);
    }
    report.table({
      title: 'Process start to first directory answer, ms',
      columns: ['', ...servers],
      rows,
      notes: [
        'With a TLS connection and a request each, tried again every 2 ms.',
        ...(context.startPebble === undefined
          ? []
          : ['Pebble keeps nothing: each of its starts is a first one and makes the keys of its CA.']),
        'Cold: the files of the program and its data are dropped from the page cache; the program node itself is not, since the bench runs on it.',
      ],
    });
  },
};

async function rowsOf(context: BenchContext, folder: string): Promise<readonly Row[]> {
  const { options, paths, report } = context;
  const known = join(folder, 'known');
  const many = join(folder, 'many');
  const orders = options.orders ?? (options.quick ? 2_000 : STORED_ORDERS);
  report.progress(`Storing ${orders} orders ...`);
  await seedStore(many, orders);
  const [ours, pebble] = [oursOn(context), pebbleOf(context, folder)];
  for (const data of [known, many]) await ours(data)();
  const program = [dirname(dirname(paths.program)), betterSqlite()];
  const onEmptyFolder = (): Promise<number> => ours(mkdtempSync(join(folder, 'fresh-')))();
  const rows: Row[] = [
    { title: 'again, warm', ours: ours(known), ...(pebble && { pebble: pebble.start }) },
    { title: 'first, on an empty folder', ours: onEmptyFolder, ...(pebble && { pebble: pebble.start }) },
    { title: `again, on ${orders} orders`, ours: ours(many) },
  ];
  const canDrop = dropFromPageCache(program);
  if (!canDrop) report.note('There is no dd that drops files from the page cache: no cold starts.');
  const cold = (files: readonly string[], inner: Start): Start => {
    return () => {
      dropFromPageCache(files);
      return inner();
    };
  };
  if (canDrop) {
    rows.push({
      title: 'again, cold',
      ours: cold([...program, known], ours(known)),
      ...(pebble && { pebble: cold([pebble.program], pebble.start) }),
    });
  }
  return rows;
}

function oursOn({ paths, world, options }: BenchContext): (dataFolder: string) => Start {
  return (dataFolder) => async () => {
    const port = await freePort();
    const settings = {
      'acme.port': port,
      'publication.port': 0,
      'dns.servers': world.dnsAddress,
      'validation.httpPort': world.httpPort,
    };
    const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    return measureStart(port, () =>
      spawn(
        process.execPath,
        [...options.nodeArguments, paths.program, 'serve', '--data', dataFolder, '--json', ...set],
        { stdio: 'ignore' },
      ),
    );
  };
}

function pebbleOf(
  { startPebble, world }: BenchContext,
  folder: string,
): { readonly program: string; readonly start: Start } | undefined {
  const program = startPebble === undefined ? undefined : findPebble();
  if (program === undefined) return undefined;
  return {
    program,
    async start() {
      const port = await freePort();
      await writePebbleConfiguration(folder, port, world);
      const args = ['-config', join(folder, 'pebble.json'), '-dnsserver', world.dnsAddress];
      const env = { ...process.env, ...PEBBLE_ENVIRONMENT };
      return measureStart(port, () => spawn(program, args, { cwd: folder, env, stdio: 'ignore' }));
    },
  };
}

async function measureStart(port: number, spawnServer: () => ChildProcess): Promise<number> {
  const startedAt = performance.now();
  const child = spawnServer();
  endWithThisProcess(child);
  try {
    return await timeToFirstAnswer(child, `https://127.0.0.1:${port}/dir`, startedAt);
  } finally {
    await endChild(child);
  }
}

/** Native code, outside of the bundle. */
function betterSqlite(): string {
  return fileURLToPath(new URL('../better-sqlite3/build/Release/better_sqlite3.node', import.meta.url));
}
