import type { Account } from '../../protocol/account.ts';
import type { RequestKey } from '../../registration/registration.ts';

declare const verified: unique symbol;

/**
 * A request whose JWS has passed every check of RFC 8555 section 6: only the JWS pipeline makes one. The payload is as
 * signed, empty for a POST-as-GET.
 */
interface VerifiedPost {
  readonly payload: Uint8Array;
  readonly [verified]: true;
}

/** Signed by the key of a valid account, which `kid` named. */
export interface AccountPost extends VerifiedPost {
  readonly signedBy: 'account';
  readonly account: Account;
}

/** Signed by the key that the request brings along in `jwk`. */
export interface KeyPost extends VerifiedPost {
  readonly signedBy: 'key';
  readonly key: RequestKey;
}
