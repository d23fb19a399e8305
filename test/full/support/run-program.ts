import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';

export interface ProgramResult {
  readonly code: number | null;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly stdout: string;
}

export interface ProgramOptions {
  /** Home and working directory. */
  readonly home: string;
  /** Added to an environment that has nothing of this process but PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end without blocking this process, whose servers it may need. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const child = spawn(command, args, {
    cwd: options.home,
    env: cleanEnvironment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, stdout };
}

/** Runs a program that must succeed; fails with all that it said otherwise. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const { code, output } = await runProgram(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}\nended with ${code}:\n${output}`);
  return output;
}

/** No proxy, no settings of the machine's user: the same environment everywhere. */
export function cleanEnvironment({ home, env }: ProgramOptions): NodeJS.ProcessEnv {
  return {
    PATH: `${process.env.PATH}:${dirname(process.execPath)}`,
    HOME: home,
    LANG: 'C.UTF-8',
    NO_PROXY: 'localhost,127.0.0.1,::1',
    ...env,
  };
}
