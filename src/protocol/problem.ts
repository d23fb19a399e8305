import type { RequestedIdentifier } from './identifier.ts';

/**
 * The errors of RFC 8555 section 6.7 that this server sends, in that section's order, each with the status that goes
 * with it (the RFC leaves most statuses open; these are Let's Encrypt's, except 401 for a key that may not act,
 * which section 7.3.6 demands). Not sent: compound (subproblems carry each error's own type), dnssec (the resolver
 * judges signatures), incorrectResponse (as Let's Encrypt: `unauthorized` says it), externalAccountRequired,
 * userActionRequired (not served yet).
 */
const STATUS_BY_CODE = {
  accountDoesNotExist: 400,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  caa: 403,
  connection: 400,
  dns: 400,
  invalidContact: 400,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 400,
  serverInternal: 500,
  tls: 400,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
} as const;

export type ErrorCode = keyof typeof STATUS_BY_CODE;

/** Why something was refused: the part of a problem document that is kept with a challenge or an order. */
export interface Problem {
  readonly code: ErrorCode;
  /** For the person who reads it: what happened, why, what to do. */
  readonly detail: string;
  readonly subproblems?: readonly Subproblem[];
}

/** One identifier's own problem: RFC 8555 section 6.7.1. */
export interface Subproblem {
  readonly code: ErrorCode;
  readonly detail: string;
  /** As the client wrote it, since it may be what is wrong. */
  readonly identifier: RequestedIdentifier;
}

/** The `type` member of a problem document: RFC 8555 section 6.7. */
export function errorUrn(code: ErrorCode): string {
  return `urn:ietf:params:acme:error:${code}`;
}

/** The HTTP status that goes with an error code unless its use says otherwise. */
export function errorStatus(code: ErrorCode): number {
  return STATUS_BY_CODE[code];
}
