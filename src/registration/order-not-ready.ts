import { AcmeError } from '../protocol/acme-error.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import { formatId } from '../protocol/ids.ts';
import type { OrderStatus } from '../protocol/order.ts';
import type { OrderWithAuthorizations } from '../store/store.ts';

/**
 * RFC 8555 section 7.4: a finalize request for an order that is not `ready` MUST be answered 403 with `orderNotReady`. The
 * sentence says what to do for each status. `now` is milliseconds since 1970.
 */
export function orderNotReady(
  found: OrderWithAuthorizations,
  status: Exclude<OrderStatus, 'ready'>,
  now: number,
): AcmeError {
  const name = `The order ${formatId('order', found.order.id)}`;
  return new AcmeError('orderNotReady', `${name} ${sentence(found, status, now)}`);
}

function sentence(
  found: OrderWithAuthorizations,
  status: Exclude<OrderStatus, 'ready'>,
  now: number,
): string {
  switch (status) {
    case 'pending':
      return (
        `is pending: ${undecided(found, now)} not valid yet. Complete one challenge of each, wait until the order is ` +
        'ready, then finalize.'
      );
    case 'processing':
      return 'is being finalized by another request. Ask for the order until it is valid, then download its certificate.';
    case 'valid':
      return 'has its certificate already. Download it from the URL in the order; for another one make a new order.';
    case 'invalid':
      return `is invalid: ${whyInvalid(found, now)}. Make a new order.`;
  }
}

function undecided({ authorizations }: OrderWithAuthorizations, now: number): string {
  const pending = authorizations.filter((each) => authorizationStatus(each, now) === 'pending');
  const [first] = pending;
  const example = first === undefined ? '' : `${formatId('authz', first.id)} for ${first.identifier.value}`;
  if (pending.length <= 1) return `the authorization ${example} is`;
  return `${pending.length} of its authorizations, the first of them ${example}, are`;
}

function whyInvalid({ order, authorizations }: OrderWithAuthorizations, now: number): string {
  if (order.problem !== undefined) return 'its certificate was refused for good, and its error says why';
  if (order.expiresAt <= now) return 'it has expired';
  for (const each of authorizations) {
    const status = authorizationStatus(each, now);
    if (status !== 'valid' && status !== 'pending') {
      return `the authorization ${formatId('authz', each.id)} for ${each.identifier.value} is ${status}`;
    }
  }
  return 'an authorization is no longer valid';
}
