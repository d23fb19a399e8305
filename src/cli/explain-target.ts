import type { Authorization } from '../protocol/authorization.ts';
import type { Certificate } from '../protocol/certificate.ts';
import { parseId } from '../protocol/ids.ts';
import type { OrderWithAuthorizations, StoreReader } from '../store/store.ts';
import { UsageError } from './usage-error.ts';

/** What `touchstone explain` tells of: an order with all its authorizations, or a part of one. */
export interface Explained {
  readonly order?: OrderWithAuthorizations;
  readonly authorizations: readonly Authorization[];
  /** What the order led to. Times are milliseconds since 1970. */
  readonly certificate?: ExplainedCertificate;
}

export type ExplainedCertificate = Pick<Certificate, 'id' | 'serial' | 'notAfter' | 'revocation'>;

/** Finds what the person means by an id (`chal_1`, `authz_1`, `order_1`) or a name. Throws UsageError when there is none. */
export async function findExplained(store: StoreReader, what: string): Promise<Explained> {
  const challengeId = parseId('chal', what);
  if (challengeId !== undefined) {
    const found = await store.findChallenge(challengeId);
    if (found === undefined) return nothing(what);
    return { authorizations: [{ ...found.authorization, challenges: [found.challenge] }] };
  }
  const authorizationId = parseId('authz', what);
  if (authorizationId !== undefined) {
    const authorization = await store.findAuthorization(authorizationId);
    return authorization === undefined ? nothing(what) : { authorizations: [authorization] };
  }
  const orderId = parseId('order', what);
  const order =
    orderId === undefined
      ? (await store.findOrdersByIdentifier(what.toLowerCase(), 1))[0]
      : await store.findOrder(orderId);
  if (order === undefined) return nothing(what);
  return { order, authorizations: order.authorizations, ...(await findCertificateOf(store, order)) };
}

async function findCertificateOf(
  store: StoreReader,
  { order }: OrderWithAuthorizations,
): Promise<Pick<Explained, 'certificate'>> {
  const found =
    order.certificateId === undefined ? undefined : await store.findCertificate(order.certificateId);
  if (found === undefined) return {};
  const { id, serial, notAfter, revocation } = found;
  return { certificate: { id, serial, notAfter, ...(revocation === undefined ? {} : { revocation }) } };
}

function nothing(what: string): never {
  throw new UsageError(
    `nothing is known of ${what} in this data folder. Give a name that was ordered, or an id such as order_1, authz_1 or chal_1; with another data folder, say --data DIR.`,
  );
}
