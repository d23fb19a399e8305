import type { ChildProcess } from 'node:child_process';
import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { hasEnded } from '../servers/child-process.ts';

const GIVE_UP_MS = 60_000;
/** Short against a start, and long against what a refused connection costs the machine. */
const RETRY_MS = 2;

/**
 * Milliseconds from `startedAt` (of `performance.now()`) until the URL is answered with 200. Tries again and again, as a
 * script that waits for a server does. Throws when the program ends first.
 */
export async function timeToFirstAnswer(
  child: ChildProcess,
  url: string,
  startedAt: number,
): Promise<number> {
  while (!(await answers(url))) {
    if (hasEnded(child))
      throw new Error(`the server ended before it answered (exit code ${child.exitCode}).`);
    if (performance.now() - startedAt > GIVE_UP_MS) throw new Error(`${url} is not answered.`);
    await pause(RETRY_MS);
  }
  return performance.now() - startedAt;
}

/** Whatever the certificate is: at a first start nobody can know it yet. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200));
    })
      .on('error', () => resolve(false))
      .end();
  });
}
