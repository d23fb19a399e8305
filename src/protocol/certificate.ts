import type { Identifier } from './identifier.ts';
import type { AccountId, CertificateId, OrderId } from './ids.ts';
import type { RevocationReason } from './revocation-reason.ts';

/** An issued certificate as it is kept. Times are milliseconds since 1970. */
export interface Certificate {
  readonly id: CertificateId;
  readonly accountId: AccountId;
  readonly orderId: OrderId;
  /** Lower-case hex without separators, an even number of digits. */
  readonly serial: string;
  readonly identifiers: readonly Identifier[];
  readonly der: Uint8Array;
  /** The leaf and its issuers without the root, PEM: RFC 8555 section 7.4.2. */
  readonly chainPem: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly revocation?: { readonly reason: RevocationReason; readonly at: number };
}
