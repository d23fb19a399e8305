import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askLoopDelay } from '../measure/loop-delay.ts';
import type { BenchPaths } from '../paths.ts';
import type { BenchWorld } from '../world/bench-world.ts';
import type { BenchServer } from './bench-server.ts';
import { endChild, endWithThisProcess, hasEnded } from './child-process.ts';

const START_MS = 30_000;

export interface TouchstoneOptions {
  readonly paths: BenchPaths;
  readonly world: BenchWorld;
  /** Kept when it is given; otherwise a fresh folder below the system's temporary one, removed at the end. */
  readonly dataFolder?: string;
  /** For instance `--cpu-prof`. */
  readonly nodeArguments?: readonly string[];
  /** Configuration keys by their dotted paths, on top of ports and the world's addresses. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Environment variables of the server, on top of this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** False leaves the event loop's probe out: for measuring a start. */
  readonly probe?: boolean;
}

export interface TouchstoneServer extends BenchServer {
  readonly dataFolder: string;
  /** Resolves when the process has ended, however it did. */
  readonly child: ChildProcess;
}

/**
 * Starts `touchstone serve` of the build, everything durable and at its defaults: only ports, the resolver and the
 * validation port are set. Its output goes to /dev/null, as the other server's does.
 */
export async function startTouchstone(options: TouchstoneOptions): Promise<TouchstoneServer> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-'));
  const dataFolder = options.dataFolder ?? join(folder, 'data');
  const readyFile = join(folder, 'ready.json');
  const probe = options.probe === false ? [] : ['--import', options.paths.probe];
  const child = spawn(
    process.execPath,
    [
      ...(options.nodeArguments ?? []),
      ...probe,
      options.paths.program,
      ...serve(options, dataFolder, readyFile),
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { ...process.env, ...options.environment } },
  );
  endWithThisProcess(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await endChild(child);
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await appears(readyFile, child);
    const ready = JSON.parse(readFileSync(readyFile, 'utf8'));
    return {
      name: 'touchstone',
      pid: ready.pid,
      directoryUrl: ready.directory.ipv4,
      apiCaPem: readFileSync(ready.apiCa, 'utf8'),
      dataFolder,
      child,
      ...(options.probe === false ? {} : { takeLoopDelay: () => askLoopDelay(child) }),
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serve(options: TouchstoneOptions, dataFolder: string, readyFile: string): readonly string[] {
  const settings = {
    'acme.port': 0,
    'publication.port': 0,
    'dns.servers': options.world.dnsAddress,
    'validation.httpPort': options.world.httpPort,
    ...options.settings,
  };
  return [
    ...['serve', '--data', dataFolder, '--ready-file', readyFile, '--json'],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ];
}

async function appears(file: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!existsSync(file)) {
    if (hasEnded(child))
      throw new Error(
        `touchstone ended before it listened (exit code ${child.exitCode}). Run \`npm start\` to see what it says.`,
      );
    if (performance.now() > deadline)
      throw new Error(`touchstone did not listen within ${START_MS / 1000} s.`);
    await pause(2);
  }
}
