import type { IncomingMessage } from 'node:http';
import { formatId } from '../../protocol/ids.ts';
import type { AcmeLogger } from './dependencies.ts';
import type { Refusal } from './problem-response.ts';
import type { AccountPost, KeyPost } from './verified-post.ts';

/** What the log says of one request: put together while it is answered, written once at its end. */
export class RequestEvent {
  readonly #method: string | undefined;
  readonly #path: string | undefined;
  readonly #from: string | undefined;
  readonly #startedAt: number;
  #account: string | undefined;
  #refusal: Refusal | undefined;

  /** `startedAt` is milliseconds of the monotonic timer. */
  constructor(request: IncomingMessage, startedAt: number) {
    this.#method = request.method;
    this.#path = request.url;
    this.#from = request.socket.remoteAddress;
    this.#startedAt = startedAt;
  }

  signed(post: AccountPost | KeyPost): void {
    if (post.signedBy === 'account') this.#account = formatId('acct', post.account.id);
  }

  refused(refusal: Refusal): void {
    this.#refusal = refusal;
  }

  /** Writes the event. A failure of our own is an error with its cause; what a client did wrong is not. */
  write(logger: AcmeLogger, status: number, now: number): void {
    const facts = {
      method: this.#method,
      path: this.#path,
      status,
      durationMs: Math.round((now - this.#startedAt) * 100) / 100,
      from: this.#from,
      ...(this.#account === undefined ? {} : { account: this.#account }),
    };
    const refusal = this.#refusal;
    if (refusal === undefined) {
      logger.debug(facts, 'request answered');
    } else if (refusal.incident === undefined) {
      const { code, message } = refusal.error;
      logger.info({ ...facts, error: code, detail: message }, 'request refused');
    } else {
      logger.error({ ...facts, incident: refusal.incident, err: refusal.error.cause }, 'request failed');
    }
  }
}
