import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ProgramOptions } from './run-program.ts';
import { cleanEnvironment } from './run-program.ts';

/** A client that runs on its own, as web servers do. */
export interface RunningClient {
  readonly pid: number;
  /** Resolves when what it has written holds the words; fails with all of it when it ends before. */
  logged(words: string): Promise<void>;
  /** What it has written so far. */
  log(): string;
  /** Asks it to stop (SIGTERM), and resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts a program that stays in the foreground. */
export async function startClient(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<RunningClient> {
  const child = spawn(command, args, {
    cwd: options.home,
    env: cleanEnvironment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      for (const look of waiting) look();
    });
  await once(child, 'spawn');
  const ended = once(child, 'close');
  return {
    pid: child.pid ?? 0,
    log: () => log,
    logged: (words) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!log.includes(words)) return;
          waiting.delete(look);
          resolve();
        };
        void ended.then(([code]) => reject(new Error(`${command} ended with ${String(code)}:\n${log}`)));
        waiting.add(look);
        look();
      }),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
