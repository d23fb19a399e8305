import type { ChildProcess } from 'node:child_process';

/** Milliseconds that the event loop's timers were late. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const ASK_MS = 10_000;

/** Asks the probe in a server for the delays since the last question. Throws when it does not answer within 10 s. */
export function askLoopDelay(child: ChildProcess): Promise<LoopDelay> {
  return new Promise((resolve, reject) => {
    const answered = (message: unknown): void => {
      clearTimeout(patience);
      resolve(message as LoopDelay);
    };
    const patience = setTimeout(() => {
      child.off('message', answered);
      reject(new Error(`the event loop's probe in process ${child.pid} did not answer within 10 s.`));
    }, ASK_MS);
    child.once('message', answered);
    child.send('take');
  });
}
