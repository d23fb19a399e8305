import type { KeyObject } from 'node:crypto';
import type {
  AccountResource,
  AuthorizationResource,
  ChallengeResource,
  DirectoryResource,
  Located,
  OrderResource,
} from './wire.ts';

export interface NewAccountOptions {
  readonly contacts?: readonly string[];
  readonly termsOfServiceAgreed?: boolean;
  readonly onlyReturnExisting?: boolean;
}

export interface RevocationOptions {
  /** RFC 5280 section 5.3.1. */
  readonly reason?: number;
  /** The certificate's own private key; the account's without it (RFC 8555 section 7.6). */
  readonly certificateKey?: KeyObject;
}

/**
 * One account's dealings with an ACME server (RFC 8555). Every operation throws RefusedError with the server's problem
 * document, UnreachableError when no answer came, UnexpectedAnswerError when it is not an ACME server's.
 */
export interface AcmeClient {
  directory(): Promise<DirectoryResource>;
  /** Section 7.3: creates the account, or finds the one of this key. Must come before all that follows. */
  newAccount(options?: NewAccountOptions): Promise<Located<AccountResource> & { readonly created: boolean }>;
  /** Section 7.4. */
  newOrder(
    identifiers: readonly { readonly type: string; readonly value: string }[],
  ): Promise<Located<OrderResource>>;
  order(url: string): Promise<Located<OrderResource>>;
  authorization(url: string): Promise<Located<AuthorizationResource>>;
  /** What a challenge's response is made of: section 8.1. */
  keyAuthorization(token: string): string;
  /** Section 7.5.1: says that the response is in place. */
  respond(challengeUrl: string): Promise<ChallengeResource>;
  /** Resolves when the authorization is no longer pending. */
  awaitAuthorization(url: string, signal?: AbortSignal): Promise<Located<AuthorizationResource>>;
  /** Section 7.4: sends the CSR (DER) and resolves with the valid order. Throws RefusedError when it became invalid. */
  finalize(
    order: Located<OrderResource>,
    csr: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Located<OrderResource>>;
  /** Section 7.4.2: the chain, PEM. */
  certificate(url: string): Promise<string>;
  /** Section 7.6. `certificate` is DER. */
  revoke(certificate: Uint8Array, options?: RevocationOptions): Promise<void>;
  /** Closes kept connections. */
  close(): void;
}
