import type { AccountId } from './ids.ts';
import type { PublicJwk } from './json-web-key.ts';

/** RFC 8555 section 7.1.6. `revoked` (by the server) is not reached yet. */
export type AccountStatus = 'valid' | 'deactivated' | 'revoked';

/** A registered public key: RFC 8555 section 7.1.2. Times are milliseconds since 1970. */
export interface Account {
  readonly id: AccountId;
  readonly status: AccountStatus;
  readonly key: PublicJwk;
  /** base64url SHA-256 of the key (RFC 7638), unique among all accounts. */
  readonly thumbprint: string;
  readonly contacts: readonly string[];
  readonly termsOfServiceAgreed: boolean;
  readonly createdAt: number;
}
