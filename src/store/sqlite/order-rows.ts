import type { Authorization } from '../../protocol/authorization.ts';
import type { Identifier } from '../../protocol/identifier.ts';
import type { AccountId, CertificateId, OrderId } from '../../protocol/ids.ts';
import type { Order } from '../../protocol/order.ts';
import type { Problem } from '../../protocol/problem.ts';
import type { OrderWithAuthorizations } from '../store.ts';

export interface OrderRow {
  readonly id: number;
  readonly account_id: number;
  readonly created_at: number;
  readonly expires_at: number;
  readonly not_before: number | null;
  readonly not_after: number | null;
  readonly problem: string | null;
  /** Of the certificate that names the order; null before it is issued. */
  readonly certificate_id: number | null;
}

/** Joins a row with its identifiers and their authorizations, both in the order's own order. */
export function orderFromRow(
  row: OrderRow,
  identifiers: readonly Identifier[],
  authorizations: readonly Authorization[],
): OrderWithAuthorizations {
  const order: Order = {
    id: row.id as OrderId,
    accountId: row.account_id as AccountId,
    identifiers,
    authorizationIds: authorizations.map((authorization) => authorization.id),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.not_before === null ? {} : { notBefore: row.not_before }),
    ...(row.not_after === null ? {} : { notAfter: row.not_after }),
    ...(row.certificate_id === null ? {} : { certificateId: row.certificate_id as CertificateId }),
    ...(row.problem === null ? {} : { problem: JSON.parse(row.problem) as Problem }),
  };
  return { order, authorizations };
}
