import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const PROGRAM = fileURLToPath(new URL('../../dist/cli/touchstone.js', import.meta.url));

export interface ServerOptions {
  readonly dataFolder: string;
  /** Configuration keys by their dotted paths. Ports are free ones unless set. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** Puts the program in another place, for instance `ip netns exec NAME`, or under a tracer. */
  readonly prefix?: readonly string[];
  /** Another build of the program. */
  readonly program?: string;
  /** Told, once the process is there and long before it listens, how to end it at once (SIGKILL). */
  readonly onSpawn?: (kill: () => void) => void;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A `touchstone serve` in a process of its own. Paths are absolute. */
export interface RunningServer {
  readonly pid: number;
  readonly directory: {
    readonly ipv4: string | null;
    readonly ipv6: string | null;
    readonly localhost: string;
  };
  readonly apiCa: string;
  readonly rootCa: string;
  readonly dataFolder: string;
  /** What it has written to its standard error. */
  log(): string;
  /** Asks it to stop (SIGTERM) and resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Ends it at once (SIGKILL). */
  kill(): void;
  readonly exited: Promise<number | null>;
}

/** Starts the built program and resolves once it listens. Rejects with what it said when it ends before. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-ready-'));
  const readyFile = join(folder, 'ready.json');
  const [command = process.execPath, ...prefix] = options.prefix ?? [];
  const file = options.program ?? PROGRAM;
  const program = options.prefix === undefined ? [file] : [...prefix, process.execPath, file];
  const child = spawn(command, [...program, ...serveArguments(options, readyFile)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  // The server's own once it is known: a tracer in front of it does not pass signals on.
  let pid = child.pid;
  const send = (signal: NodeJS.Signals): void => {
    if (child.exitCode !== null || child.signalCode !== null || pid === undefined) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  // A test that fails before it stops its server leaves none running.
  const end = (): void => send('SIGKILL');
  process.once('exit', end);
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => {
    process.off('exit', end);
    return code ?? null;
  });
  options.onSpawn?.(end);
  const ready = await Promise.race([fileAppears(readyFile), exited.then(() => undefined)]);
  if (ready === undefined) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`the server ended before it listened:\n${log}`);
  }
  const facts = JSON.parse(readFileSync(readyFile, 'utf8'));
  pid = facts.pid;
  rmSync(folder, { recursive: true, force: true });
  return {
    ...facts,
    log: () => log,
    exited,
    kill: () => send('SIGKILL'),
    stop: () => {
      send('SIGTERM');
      return exited;
    },
  };
}

function serveArguments(options: ServerOptions, readyFile: string): readonly string[] {
  const settings = { 'acme.port': 0, 'publication.port': 0, 'log.level': 'warn', ...options.settings };
  return [
    'serve',
    ...['--data', options.dataFolder, '--ready-file', readyFile, '--json'],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ...Object.entries(options.hosts ?? {}).flatMap(([name, addresses]) => [
      '--host',
      `${name}=${addresses.join(',')}`,
    ]),
  ];
}

/** Resolves when the file is there; it is renamed into place, so then it is whole. */
async function fileAppears(file: string): Promise<true> {
  const watcher = watch(join(file, '..'));
  try {
    while (!existsSync(file)) await once(watcher, 'change');
    return true;
  } finally {
    watcher.close();
  }
}
