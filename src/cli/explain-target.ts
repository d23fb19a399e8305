import type { Authorization } from '../protocol/authorization.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import type { Certificate } from '../protocol/certificate.ts';
import { parseId } from '../protocol/ids.ts';
import type { OrderStatus } from '../protocol/order.ts';
import { orderStatus } from '../protocol/order.ts';
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

/**
 * Finds what the person means by an id (`chal_1`, `authz_1`, `order_1`, `cert_1`), a URL of this server that ends in one, or a
 * name. Throws UsageError when there is none.
 */
export async function findExplained(store: StoreReader, what: string): Promise<Explained> {
  const named = idIn(what);
  const found = (await findPart(store, named)) ?? (await findOrder(store, named));
  if (found === undefined)
    throw new UsageError(
      `nothing is known of ${what} in this data folder. Give a name that was ordered, an id such as order_1, authz_1, chal_1 or cert_1, or the URL of one; with another data folder, say --data DIR.`,
    );
  return found;
}

/** The order's status at `now` (milliseconds since 1970), as far as the database alone says it: RFC 8555 section 7.1.6. */
export function explainedStatus(
  { order, authorizations }: OrderWithAuthorizations,
  now: number,
): OrderStatus {
  const facts = {
    expiresAt: order.expiresAt,
    failed: order.problem !== undefined,
    issued: order.certificateId !== undefined,
    finalizing: false,
  };
  const statuses = authorizations.map((authorization) => authorizationStatus(authorization, now));
  return orderStatus(facts, statuses, now);
}

/** What names the thing: of a URL the last segment that is an id (an order's finalize URL has one behind it), else all. */
function idIn(what: string): string {
  if (!/^https?:\/\//i.test(what) || !URL.canParse(what)) return what;
  const id = /\/([a-z]+_[0-9]+)(?:\/finalize)?\/?$/.exec(new URL(what).pathname)?.[1];
  return id ?? what;
}

async function findPart(store: StoreReader, what: string): Promise<Explained | undefined> {
  const challengeId = parseId('chal', what);
  if (challengeId !== undefined) {
    const found = await store.findChallenge(challengeId);
    return found && { authorizations: [{ ...found.authorization, challenges: [found.challenge] }] };
  }
  const authorizationId = parseId('authz', what);
  if (authorizationId === undefined) return undefined;
  const authorization = await store.findAuthorization(authorizationId);
  return authorization && { authorizations: [authorization] };
}

async function findOrder(store: StoreReader, what: string): Promise<Explained | undefined> {
  const certificateId = parseId('cert', what);
  const orderId =
    certificateId === undefined
      ? parseId('order', what)
      : (await store.findCertificate(certificateId))?.orderId;
  const order =
    orderId === undefined
      ? (await store.findOrdersByIdentifier(what.toLowerCase(), 1))[0]
      : await store.findOrder(orderId);
  if (order === undefined) return undefined;
  const authorizations = await findAuthorizationsOf(store, order);
  return { order, authorizations, ...(await findCertificateOf(store, order)) };
}

/** With their records, which an order is read without. One that was swept meanwhile is told without them. */
function findAuthorizationsOf(
  store: StoreReader,
  { authorizations }: OrderWithAuthorizations,
): Promise<readonly Authorization[]> {
  return Promise.all(authorizations.map(async (each) => (await store.findAuthorization(each.id)) ?? each));
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
