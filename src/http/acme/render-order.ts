import type { OrderView } from '../../registration/registration.ts';
import { renderProblem } from './problem-response.ts';
import { renderTime } from './render-time.ts';
import type { Urls } from './urls.ts';

/** The order object: RFC 8555 section 7.1.3. */
export function renderOrder({ order, status, problem }: OrderView, urls: Urls): object {
  return {
    status,
    expires: renderTime(order.expiresAt),
    identifiers: order.identifiers.map(({ type, value }) => ({ type, value })),
    ...(order.notBefore === undefined ? {} : { notBefore: renderTime(order.notBefore) }),
    ...(order.notAfter === undefined ? {} : { notAfter: renderTime(order.notAfter) }),
    ...(problem === undefined ? {} : { error: renderProblem(problem) }),
    authorizations: order.authorizationIds.map((id) => urls.authorization(id)),
    finalize: urls.finalize(order.id),
    ...(order.certificateId === undefined ? {} : { certificate: urls.certificate(order.certificateId) }),
  };
}

/** The headers that go with an order: where it is, and when to ask again while it is signed. */
export function orderHeaders({ order, status }: OrderView, urls: Urls): Readonly<Record<string, string>> {
  return {
    Location: urls.order(order.id),
    // RFC 8555 section 7.4: a processing order SHOULD say when to poll again.
    ...(status === 'processing' ? { 'Retry-After': '1' } : {}),
  };
}
