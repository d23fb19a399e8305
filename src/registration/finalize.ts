import type { IssuanceRequest } from '../issuance/issuer.ts';
import { checkCsr } from '../policy/csr-against-order.ts';
import { requestedEnd } from '../policy/validity.ts';
import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { OrderId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { Order } from '../protocol/order.ts';
import type { OrderWithAuthorizations } from '../store/store.ts';
import { parseCsr } from '../x509/csr.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { issueForOrder } from './issue-for-order.ts';
import { orderNotReady } from './order-not-ready.ts';
import { deriveOrderStatus, loadOrder } from './read-order.ts';
import type { OrderView } from './registration.ts';

/**
 * RFC 8555 section 7.4: checks the CSR (DER), claims the order, signs, and answers the valid order. `finalizing` holds the
 * claims; it is this process's alone, since a claim is worth nothing after a crash. Throws 403 `orderNotReady` when the
 * order is not `ready` or another request has the claim, `malformed` when the validity that it asks for is over, `badCSR`
 * and what else `checkCsr` refuses, 401 `unauthorized` when the account was deactivated meanwhile. The order stays `ready` after these, and after a fault of ours.
 */
export async function finalize(
  dependencies: RegistrationDependencies,
  finalizing: Set<OrderId>,
  account: Account,
  id: OrderId,
  der: Uint8Array,
): Promise<OrderView> {
  const { store, clock, issuer } = dependencies;
  const found = await loadOrder(store, account, id);
  requireReady(found, finalizing.has(id), clock.now());
  requireValidityAhead(found.order, issuer.lifetimeMs, clock.now());
  const request = requireIssuanceRequest(found.order, account, der);
  finalizing.add(id);
  try {
    // Read again: between the first read and the claim another request may have been through.
    const current = await loadOrder(store, account, id);
    requireReady(current, false, clock.now());
    const certificate = await issueForOrder(dependencies, account, current.order, request);
    return { order: { ...current.order, certificateId: certificate.id }, status: 'valid' };
  } finally {
    finalizing.delete(id);
  }
}

function requireReady(found: OrderWithAuthorizations, finalizing: boolean, now: number): void {
  const status = deriveOrderStatus(found, finalizing, now);
  if (status !== 'ready') throw orderNotReady(found, status, now);
}

/** What was a validity to come when the order was made can be over when it is finalized. */
function requireValidityAhead(order: Order, lifetimeMs: number, now: number): void {
  const end = requestedEnd(order, lifetimeMs);
  if (end === undefined || end > now) return;
  throw new AcmeError(
    'malformed',
    `The order ${formatId('order', order.id)} asks for a certificate that ends at ${new Date(end).toISOString()}, which is ` +
      'over. Make a new order.',
  );
}

function requireIssuanceRequest(order: Order, account: Account, der: Uint8Array): IssuanceRequest {
  const csr = parseCsr(der);
  if (!csr.ok) throw new AcmeError('badCSR', `The CSR cannot be read. ${csr.refusal.detail}`);
  const checked = checkCsr(csr.value, order.identifiers, account.key);
  if (!checked.ok) throw new AcmeError(checked.refusal.code, checked.refusal.detail);
  const { notBefore, notAfter } = order;
  return {
    subjectPublicKeyInfo: csr.value.subjectPublicKeyInfo,
    identifiers: order.identifiers,
    ...(checked.value.commonName === undefined ? {} : { commonName: checked.value.commonName }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(notAfter === undefined ? {} : { notAfter }),
  };
}
