import type { IncomingMessage } from 'node:http';
import type { Timer } from './timer.ts';

export interface BodyLimits {
  readonly limitBytes: number;
  /** Milliseconds for the whole body. */
  readonly deadlineMs: number;
}

/** A body as received, or why there is none: more than the limit, not complete in time, or the client went away. */
export type BodyOutcome =
  | { readonly outcome: 'complete'; readonly bytes: Buffer }
  | { readonly outcome: 'too-large' | 'too-slow' | 'aborted' };

/**
 * Collects a request's body. Never rejects. What comes beyond the limit is discarded as it arrives, so that the
 * client gets to read its answer: closing at once would reset the connection under it.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits, timer: Timer): Promise<BodyOutcome> {
  if (Number(request.headers['content-length'] ?? 0) > limits.limitBytes) {
    request.resume();
    return Promise.resolve({ outcome: 'too-large' });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (outcome: BodyOutcome): void => {
      cancelDeadline();
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      // Without a listener an `error` of the connection, which may still come, would be thrown.
      request.on('error', () => undefined);
      if (outcome.outcome !== 'complete') request.resume();
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limits.limitBytes) finish({ outcome: 'too-large' });
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish({ outcome: 'complete', bytes: joined(chunks, length) });
    const onGone = (): void => finish({ outcome: 'aborted' });
    const cancelDeadline = timer.after(limits.deadlineMs, () => finish({ outcome: 'too-slow' }));
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

/** Most bodies come in one piece, which need not be copied. */
function joined(chunks: readonly Buffer[], length: number): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length);
}
