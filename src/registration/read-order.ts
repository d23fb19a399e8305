import type { Account } from '../protocol/account.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import type { OrderId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { OrderStatus } from '../protocol/order.ts';
import { orderStatus } from '../protocol/order.ts';
import type { Problem } from '../protocol/problem.ts';
import type { OrderWithAuthorizations, StoreReader } from '../store/store.ts';
import { requireOwned } from './refusals.ts';
import type { OrderView } from './registration.ts';

/** The account's order. Throws 404 `malformed` when there is none, 403 `unauthorized` when it is another account's. */
export async function loadOrder(
  store: StoreReader,
  account: Account,
  id: OrderId,
): Promise<OrderWithAuthorizations> {
  const found = await store.findOrder(id);
  return requireOwned(account, `The order ${formatId('order', id)}`, found, found?.order.accountId);
}

/** The order's status at `now` (milliseconds since 1970): RFC 8555 section 7.1.6. */
export function deriveOrderStatus(
  found: OrderWithAuthorizations,
  finalizing: boolean,
  now: number,
): OrderStatus {
  const { order, authorizations } = found;
  return orderStatus(
    {
      expiresAt: order.expiresAt,
      failed: order.problem !== undefined,
      issued: order.certificateId !== undefined,
      finalizing,
    },
    authorizations.map((authorization) => authorizationStatus(authorization, now)),
    now,
  );
}

/** RFC 8555 section 7.4: the order as it stands at `now`. `finalizing` holds the orders that are being signed for. */
export async function readOrder(
  store: StoreReader,
  finalizing: ReadonlySet<OrderId>,
  account: Account,
  id: OrderId,
  now: number,
): Promise<OrderView> {
  // Asked before and after: an issuance that ends during the read must not show its order as `ready` again.
  const before = finalizing.has(id);
  const found = await loadOrder(store, account, id);
  const status = deriveOrderStatus(found, before || finalizing.has(id), now);
  const problem = status === 'invalid' ? problemOf(found) : undefined;
  return { order: found.order, status, ...(problem === undefined ? {} : { problem }) };
}

/** RFC 8555 section 7.1.3, `error`: of the issuance, or of the first challenge that failed, so that a client sees it where it looks. */
function problemOf({ order, authorizations }: OrderWithAuthorizations): Problem | undefined {
  const ofChallenges = authorizations.flatMap(({ challenges }) => challenges.map(({ problem }) => problem));
  return order.problem ?? ofChallenges.find((problem) => problem !== undefined);
}
