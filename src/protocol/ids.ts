/**
 * Ids of stored things. A row has an integer key; on the wire the id is that number behind the prefix of its kind
 * (`order_1042`), so that an id says what it names wherever it is met. Ids are no secrets: every read is
 * authenticated (RFC 8555 section 6.3).
 */
declare const kindOf: unique symbol;
type Id<Kind extends string> = number & { readonly [kindOf]: Kind };

export type AccountId = Id<'account'>;
export type OrderId = Id<'order'>;
export type AuthorizationId = Id<'authorization'>;
export type ChallengeId = Id<'challenge'>;
export type CertificateId = Id<'certificate'>;

interface IdByPrefix {
  acct: AccountId;
  order: OrderId;
  authz: AuthorizationId;
  chal: ChallengeId;
  cert: CertificateId;
}

export type IdPrefix = keyof IdByPrefix;

/** Renders an id as it stands in URLs, traces and logs, for instance `authz_7`. */
export function formatId<Prefix extends IdPrefix>(prefix: Prefix, id: IdByPrefix[Prefix]): string {
  return `${prefix}_${id}`;
}

/**
 * Reads an id of the named kind. Returns undefined for anything that `formatId` does not produce: another prefix,
 * leading zeros, signs, or a number beyond 2^53.
 */
export function parseId<Prefix extends IdPrefix>(
  prefix: Prefix,
  text: string,
): IdByPrefix[Prefix] | undefined {
  const match = /^([a-z]+)_([1-9][0-9]{0,15})$/.exec(text);
  if (match?.[1] !== prefix) return undefined;
  const id = Number(match[2]);
  return Number.isSafeInteger(id) ? (id as IdByPrefix[Prefix]) : undefined;
}
