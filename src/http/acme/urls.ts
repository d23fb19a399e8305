import type {
  AccountId,
  AuthorizationId,
  CertificateId,
  ChallengeId,
  IdPrefix,
  OrderId,
} from '../../protocol/ids.ts';
import { formatId, parseId } from '../../protocol/ids.ts';

/** The paths that are not of one stored thing. */
export const PATHS = {
  directory: '/dir',
  newNonce: '/acme/new-nonce',
  newAccount: '/acme/new-account',
  newOrder: '/acme/new-order',
  revokeCert: '/acme/revoke-cert',
} as const;

const ACCOUNT_PREFIX = '/acme/account/';

/** Every URL that is given out, below one base such as `https://localhost:14000`. */
export interface Urls {
  readonly base: string;
  readonly directory: string;
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string;
  account(id: AccountId): string;
  order(id: OrderId): string;
  finalize(id: OrderId): string;
  authorization(id: AuthorizationId): string;
  challenge(id: ChallengeId): string;
  certificate(id: CertificateId): string;
}

/** URLs below a base of scheme and authority, without a slash at its end. */
export function createUrls(base: string): Urls {
  return {
    base,
    directory: base + PATHS.directory,
    newNonce: base + PATHS.newNonce,
    newAccount: base + PATHS.newAccount,
    newOrder: base + PATHS.newOrder,
    revokeCert: base + PATHS.revokeCert,
    account: (id) => `${base}${ACCOUNT_PREFIX}${formatId('acct', id)}`,
    order: (id) => `${base}/acme/order/${formatId('order', id)}`,
    finalize: (id) => `${base}/acme/order/${formatId('order', id)}/finalize`,
    authorization: (id) => `${base}/acme/authz/${formatId('authz', id)}`,
    challenge: (id) => `${base}/acme/chall/${formatId('chal', id)}`,
    certificate: (id) => `${base}/acme/cert/${formatId('cert', id)}`,
  };
}

/**
 * The account that a `kid` names, by its path alone: an account made over `localhost` is used over `[::1]`, and an
 * external URL may be set later. The signature says whose it is. Undefined when it is no account URL of this server.
 */
export function accountIdOfKid(kid: string): AccountId | undefined {
  const path = URL.canParse(kid) ? new URL(kid).pathname : '';
  return path.startsWith(ACCOUNT_PREFIX) ? parseId('acct', path.slice(ACCOUNT_PREFIX.length)) : undefined;
}

/** The id in a path segment, or undefined; a segment of another kind names nothing. */
export function idOfSegment<Prefix extends IdPrefix>(
  prefix: Prefix,
  segment: string | undefined,
): ReturnType<typeof parseId<Prefix>> {
  return segment === undefined ? undefined : parseId(prefix, segment);
}
