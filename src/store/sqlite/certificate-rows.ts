import type { Certificate } from '../../protocol/certificate.ts';
import type { Identifier } from '../../protocol/identifier.ts';
import type { AccountId, CertificateId, OrderId } from '../../protocol/ids.ts';
import type { RevocationReason } from '../../protocol/revocation-reason.ts';
import type { NewCertificate } from '../store.ts';

export interface CertificateRow {
  readonly id: number;
  readonly account_id: number;
  readonly order_id: number;
  readonly serial: string;
  readonly identifiers: string;
  readonly der: Uint8Array;
  readonly chain_pem: string;
  readonly not_before: number;
  readonly not_after: number;
  readonly revocation_reason: RevocationReason | null;
  readonly revoked_at: number | null;
}

export type NewCertificateRow = Omit<CertificateRow, 'id' | 'revocation_reason' | 'revoked_at'>;

export function certificateFromRow(row: CertificateRow): Certificate {
  const { revocation_reason: reason, revoked_at: at } = row;
  return {
    id: row.id as CertificateId,
    accountId: row.account_id as AccountId,
    orderId: row.order_id as OrderId,
    serial: row.serial,
    identifiers: JSON.parse(row.identifiers) as readonly Identifier[],
    // A Buffer comes out of SQLite, whose slice() and toString() are not those of what the interface promises.
    der: new Uint8Array(row.der),
    chainPem: row.chain_pem,
    notBefore: row.not_before,
    notAfter: row.not_after,
    ...(reason === null || at === null ? {} : { revocation: { reason, at } }),
  };
}

export function newCertificateRow(certificate: NewCertificate): NewCertificateRow {
  const { der } = certificate;
  return {
    account_id: certificate.accountId,
    order_id: certificate.orderId,
    serial: certificate.serial,
    identifiers: JSON.stringify(certificate.identifiers),
    der: Buffer.from(der.buffer, der.byteOffset, der.byteLength),
    chain_pem: certificate.chainPem,
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
  };
}
