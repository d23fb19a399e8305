import type { Timer } from '../runtime/timer.ts';
import type { AccountSession } from './account-session.ts';
import { locationOf } from './account-session.ts';
import type { AcmeClient } from './acme-client.ts';
import { RefusedError } from './client-error.ts';
import type { HttpAnswer } from './http-transport.ts';
import type { Polled } from './poll.ts';
import { poll, retryAfterMs } from './poll.ts';
import type { AuthorizationResource, Located, OrderResource } from './wire.ts';
import { authorizationResource, challengeResource, orderResource, readResource } from './wire.ts';

type OrderOperations = Pick<
  AcmeClient,
  'newOrder' | 'order' | 'authorization' | 'respond' | 'awaitAuthorization' | 'finalize' | 'certificate'
>;

/** Most validations take less, and a server that is asked too early may say Retry-After: 1, a whole second. */
const VALIDATION_HEAD_START_MS = 50;

/** The way of an order (RFC 8555 section 7.4) over an account's session. `totalMs` bounds each wait for a decision. */
export function orderOperations(
  session: AccountSession,
  patience: { readonly timer: Timer; readonly totalMs: number },
): OrderOperations {
  async function readOrder(url: string, signal?: AbortSignal): Promise<Polled<Located<OrderResource>>> {
    const answer = await session.post(url, undefined, { signal });
    return polled(answer, orderAt(url, answer));
  }

  async function readAuthorization(
    url: string,
    signal?: AbortSignal,
  ): Promise<Polled<Located<AuthorizationResource>>> {
    const answer = await session.post(url, undefined, { signal });
    return polled(answer, { ...readResource(authorizationResource, answer.body, url), url });
  }

  return {
    async newOrder(identifiers) {
      const { newOrder } = await session.directory();
      const answer = await session.post(newOrder, { identifiers });
      return orderAt(locationOf(answer, newOrder), answer);
    },
    order: async (url) => (await readOrder(url)).value,
    authorization: async (url) => (await readAuthorization(url)).value,
    async respond(challengeUrl) {
      const answer = await session.post(challengeUrl, {});
      return readResource(challengeResource, answer.body, challengeUrl);
    },
    awaitAuthorization: (url, signal) =>
      poll(
        () => readAuthorization(url, signal),
        (authorization) => authorization.status !== 'pending',
        { ...patience, headStartMs: VALIDATION_HEAD_START_MS, what: 'the authorization', signal },
      ),
    async finalize(order, csr, signal) {
      const payload = { csr: Buffer.from(csr).toString('base64url') };
      const answer = await session.post(order.finalize, payload, { signal });
      const answers = startingWith(polled(answer, orderAt(order.url, answer)), () =>
        readOrder(order.url, signal),
      );
      return issued(
        await poll(answers, (latest) => latest.status !== 'processing', {
          ...patience,
          what: 'the order',
          signal,
        }),
      );
    },
    async certificate(url) {
      return (await session.post(url, undefined)).body.toString('utf8');
    },
  };
}

/** The answer of finalize is the order's first state: RFC 8555 section 7.4. */
function startingWith<Value>(first: Value, ask: () => Promise<Value>): () => Promise<Value> {
  const known = [first];
  return () => {
    const next = known.pop();
    return next === undefined ? ask() : Promise.resolve(next);
  };
}

function issued(order: Located<OrderResource>): Located<OrderResource> {
  if (order.status === 'valid' && order.certificate !== undefined) return order;
  const problem = order.error ?? {
    detail: `the order became ${order.status} instead of valid, and the server gave no reason`,
  };
  throw new RefusedError(problem, problem.status ?? 0, order.url);
}

function orderAt(url: string, answer: HttpAnswer): Located<OrderResource> {
  return { ...readResource(orderResource, answer.body, url), url };
}

function polled<Value>(answer: HttpAnswer, value: Value): Polled<Value> {
  return { value, retryAfterMs: retryAfterMs(answer.headers['retry-after'], answer.headers.date) };
}
