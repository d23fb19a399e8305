import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Debian's user nobody: no rights, no home, no group of anybody's. */
const NOBODY = 65534;

/** What reaches a newcomer's shell from the machine: how to get to the package registry, and nothing else. */
const MACHINE_SETTINGS = [
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'npm_config_registry',
];

/** The ports that the guide and the README use. */
export const PORTS = [14000, 14090, 5001, 5002];

/** A person who has just cloned the repository: an ordinary user (when the tests run as root), a home, a fresh clone. */
export interface Newcomer {
  readonly clone: string;
  /** An empty folder elsewhere. */
  readonly elsewhere: string;
  /** Has a shell run commands, each of which must succeed; resolves with standard output, rejects with all that was said. */
  paste(command: string, cwd: string): Promise<string>;
  /** Starts a command that runs until it is told to stop, in a process group of its own. */
  start(command: string): Background;
  /** Ends whatever is left of what was started, and removes all files. */
  leave(): void;
}

export interface Background {
  readonly process: ChildProcess;
  /** Resolves with standard output once it holds the words; rejects with all that was said when the command ends before. */
  says(words: string): Promise<string>;
  /** Everything that it has written to standard error. */
  complaints(): string;
  /** The processes of the group, by their ids. */
  group(): readonly number[];
  /** Sends SIGTERM to the first process alone, as `kill` does; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Clones what is committed into an empty folder. Throws when a port that the README uses is taken. */
export async function becomeNewcomer(): Promise<Newcomer> {
  for (const port of PORTS) await requireFree(port);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'touchstone-newcomer-')));
  const [home, elsewhere, upstream] = [
    join(folder, 'home'),
    join(folder, 'elsewhere'),
    join(folder, 'upstream'),
  ];
  for (const name of [home, elsewhere]) mkdirSync(name);
  // A copy that belongs to the newcomer: the checkout under test may be closed to others.
  execFileSync('git', ['clone', '--quiet', '--bare', '--no-hardlinks', REPOSITORY, upstream]);
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (identity.uid !== undefined) for (const name of everythingBelow(folder)) chownSync(name, NOBODY, NOBODY);
  const environment = newcomersEnvironment(home);
  const groups: number[] = [];
  const shell = (command: string, cwd: string): ChildProcess => {
    const child = spawn('sh', ['-e', '-c', command], {
      ...identity,
      cwd,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) groups.push(child.pid);
    return child;
  };
  const newcomer: Newcomer = {
    clone: join(folder, 'touchstone'),
    elsewhere,
    paste: (command, cwd) => resultOf(shell(command, cwd), command),
    start: (command) => background(shell(`exec ${command.trim()}`, newcomer.clone), command),
    leave: () => {
      for (const group of groups) endGroup(group);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await newcomer.paste(`git clone --quiet ${upstream} ${newcomer.clone}`, folder);
  return newcomer;
}

function newcomersEnvironment(home: string): NodeJS.ProcessEnv {
  const machine = MACHINE_SETTINGS.map((name) => [name, process.env[name]]);
  return {
    ...Object.fromEntries(machine.filter(([, value]) => value !== undefined)),
    // Not this process's own: npm has put the programs of the checkout under test in front of it.
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
  };
}

/** Rejects unless nothing listens on the port, over IPv4 and IPv6. */
export async function requireFree(port: number): Promise<void> {
  for (const host of ['0.0.0.0', '::']) {
    const server = createServer().listen({ port, host, ipv6Only: host === '::' });
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new Error(
        `port ${port} of ${host}, which the README's commands use, is taken: stop what uses it`,
        {
          cause: error,
        },
      );
    }
    server.close();
    await once(server, 'close');
  }
}

async function resultOf(child: ChildProcess, command: string): Promise<string> {
  const heard = listen(child);
  const closed = once(child, 'close');
  const [code] = (await once(child, 'exit')) as [number | null];
  // A command that failed half-way may have left something in the background, which would hold the pipes open.
  if (code !== 0 && child.pid !== undefined) endGroup(child.pid);
  await closed;
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${heard.all()}`);
  return heard.stdout();
}

function background(child: ChildProcess, command: string): Background {
  const heard = listen(child);
  const ended = once(child, 'exit');
  const endsEarly = async (): Promise<never> => {
    await once(child, 'close');
    throw new Error(`${command}\nended:\n${heard.all()}`);
  };
  return {
    process: child,
    says: (words) => Promise.race([heard.words(words), endsEarly()]),
    complaints: heard.stderr,
    group: () => processesOfGroup(child.pid),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function listen(child: ChildProcess) {
  const said = { stdout: '', stderr: '', all: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      said.all += text;
    });
  return {
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    all: () => said.all,
    words: async (words: string): Promise<string> => {
      while (!said.stdout.includes(words) && child.stdout !== null) await once(child.stdout, 'data');
      return said.stdout;
    },
  };
}

function endGroup(group: number): void {
  for (const pid of processesOfGroup(group)) process.kill(pid, 'SIGKILL');
}

/**
 * Linux keeps state and group of a process as the first and third field after its name (proc(5)). A zombie has ended, and
 * only waits for a parent to hear of it.
 */
function processesOfGroup(group: number | undefined): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => groupOf(pid) === group);
}

function groupOf(pid: number): number | undefined {
  try {
    const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return state === 'Z' ? undefined : Number(group);
  } catch {
    // It ended while we looked.
    return undefined;
  }
}

function everythingBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return [folder, ...names.map((name) => join(folder, name))];
}
