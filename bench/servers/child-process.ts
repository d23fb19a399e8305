import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const STOP_MS = 15_000;

/** Ends a program that this process started: SIGTERM, and SIGKILL when it is still there after 15 s. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(kill);
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The last resort: a bench that ends in any way leaves no server behind. Returns what undoes it. */
export function endWithThisProcess(child: ChildProcess): void {
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}
