import type { ChildProcess } from 'node:child_process';
import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { hasEnded } from '../servers/child-process.ts';

const GIVE_UP_MS = 60_000;
/** Short against a start, and long against what a refused connection costs the machine. */
const RETRY_MS = 2;

/**
 * Milliseconds from `startedAt` (of `performance.now()`) until the URL is answered with 200. Tries again and again, as a
 * script that waits for a server does. Throws when the program ends first, and when there is no answer within `giveUpMs`,
 * be it that the server accepts connections and says nothing.
 */
export async function timeToFirstAnswer(
  child: ChildProcess,
  url: string,
  startedAt: number,
  giveUpMs = GIVE_UP_MS,
): Promise<number> {
  const patience = AbortSignal.timeout(giveUpMs);
  while (!(await answers(url, patience))) {
    if (hasEnded(child))
      throw new Error(`the server ended before it answered (exit code ${child.exitCode}).`);
    if (patience.aborted) throw new Error(`${url} was not answered within ${giveUpMs / 1000} s.`);
    await pause(RETRY_MS);
  }
  return performance.now() - startedAt;
}

/** Whatever the certificate is: at a first start nobody can know it yet. An answer that breaks off is none. */
function answers(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, { rejectUnauthorized: false, agent: false, signal }, (answer) => {
      answer.resume();
      answer.on('close', () => resolve(answer.complete && answer.statusCode === 200));
    })
      .on('error', () => resolve(false))
      .end();
  });
}
