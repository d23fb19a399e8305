import type { Certificate } from '../../protocol/certificate.ts';
import type { CertificateId } from '../../protocol/ids.ts';
import type { RevocationReason } from '../../protocol/revocation-reason.ts';
import type { NewCertificate } from '../store.ts';
import type { CertificateRow, NewCertificateRow } from './certificate-rows.ts';
import { certificateFromRow, newCertificateRow } from './certificate-rows.ts';
import type { Connection } from './connection.ts';

/** The questions about certificates, as prepared statements. */
export function certificateQueries(connection: Connection) {
  const byId = connection.prepare<[number], CertificateRow>('SELECT * FROM certificates WHERE id = ?');
  const bySerial = connection.prepare<[string], CertificateRow>(
    'SELECT * FROM certificates WHERE serial = ?',
  );
  return {
    find: (id: CertificateId): Certificate | undefined => certificateOrNone(byId.get(id)),
    findBySerial: (serial: string): Certificate | undefined => certificateOrNone(bySerial.get(serial)),
  };
}

/** The changes of certificates, as prepared statements. To be run inside a transaction. */
export function certificateChanges(connection: Connection) {
  // The guard is part of the insertion: RFC 8555 section 7.4 wants every authorization valid when the certificate is
  // issued, and section 7.1.6 knows no way out of `valid` or `invalid`.
  const insert = connection.prepare<[NewCertificateRow & { readonly now: number }], CertificateRow>(
    `INSERT INTO certificates
       (account_id, order_id, serial, identifiers, der, chain_pem, not_before, not_after)
     SELECT o.account_id, o.id, :serial, :identifiers, :der, :chain_pem, :not_before, :not_after
     FROM orders o JOIN accounts a ON a.id = o.account_id
     WHERE o.id = :order_id AND o.account_id = :account_id AND o.problem IS NULL AND a.status = 'valid'
     AND NOT EXISTS (SELECT 1 FROM certificates WHERE order_id = o.id)
     AND NOT EXISTS (
       SELECT 1 FROM order_authorizations oa JOIN authorizations z ON z.id = oa.authorization_id
       WHERE oa.order_id = o.id AND NOT (z.status = 'valid' AND z.expires_at > :now)
     )
     RETURNING *`,
  );
  const revoke = connection.prepare<[number, number, number]>(
    'UPDATE certificates SET revocation_reason = ?, revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
  );
  return {
    record: (certificate: NewCertificate, now: number): Certificate | undefined =>
      certificateOrNone(insert.get({ ...newCertificateRow(certificate), now })),
    revoke: (id: CertificateId, reason: RevocationReason, at: number): boolean =>
      revoke.run(reason, at, id).changes === 1,
  };
}

function certificateOrNone(row: CertificateRow | undefined): Certificate | undefined {
  return row === undefined ? undefined : certificateFromRow(row);
}
