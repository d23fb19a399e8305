import type { IssuanceRequest } from '../issuance/issuer.ts';
import { checkCsr } from '../policy/csr-against-order.ts';
import { requestedEnd } from '../policy/validity.ts';
import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { OrderId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { Order } from '../protocol/order.ts';
import type { OrderWithAuthorizations, StoreReader } from '../store/store.ts';
import type { CertificateRequest } from '../x509/csr.ts';
import { parseCsr } from '../x509/csr.ts';
import { certificateKeyThumbprint } from './certificate-key.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { issueForOrder } from './issue-for-order.ts';
import { orderNotReady } from './order-not-ready.ts';
import { deriveOrderStatus, loadOrder } from './read-order.ts';
import { recheckCaa, staleCaaQuestions } from './recheck-caa.ts';
import type { OrderView } from './registration.ts';

export interface FinalizeRequest {
  readonly account: Account;
  readonly id: OrderId;
  /** DER, as received. */
  readonly csr: Uint8Array;
  /** The account's URL, as the request names this server. */
  readonly accountUrl: string | undefined;
}

/**
 * RFC 8555 section 7.4: checks the CSR, claims the order, asks CAA again where the answer is old, signs, and answers the
 * valid order. `finalizing` holds the claims; it is this process's alone, since a claim is worth nothing after a crash.
 * Throws 403 `orderNotReady` when the order is not `ready` or another request has the claim, `malformed` when the validity
 * that it asks for is over, `badCSR` for what `checkCsr` refuses and for the key of an account, 403 `caa` when CAA no longer
 * lets this CA issue, 429 `rateLimited` when there is no turn left to ask it, 401 `unauthorized` when the account was deactivated meanwhile. The order stays `ready` after these,
 * and after a fault of ours.
 */
export async function finalize(
  dependencies: RegistrationDependencies,
  finalizing: Set<OrderId>,
  { account, id, csr: der, accountUrl }: FinalizeRequest,
): Promise<OrderView> {
  const { store, clock, issuer } = dependencies;
  const found = await loadOrder(store, account, id);
  requireReady(found, finalizing.has(id), clock.now());
  requireValidityAhead(found.order, issuer.lifetimeMs, clock.now());
  const csr = requireCsr(der);
  const request = requireIssuanceRequest(found.order, csr);
  finalizing.add(id);
  try {
    await requireNoAccountKey(store, csr);
    // Read again: between the first read and the claim another request may have been through.
    const current = await loadOrder(store, account, id);
    requireReady(current, false, clock.now());
    const stale = await staleCaaQuestions(dependencies, current, account, accountUrl);
    if (stale.length > 0) await recheckCaa(dependencies, current.order, stale);
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

function requireCsr(der: Uint8Array): CertificateRequest {
  const csr = parseCsr(der);
  if (csr.ok) return csr.value;
  throw new AcmeError('badCSR', `The CSR cannot be read. ${csr.refusal.detail}`);
}

/** RFC 8555 section 11.1: whoever holds an account's key must not get a certificate for it, whichever account it is. */
async function requireNoAccountKey(store: StoreReader, csr: CertificateRequest): Promise<void> {
  const thumbprint = certificateKeyThumbprint(csr.publicKey);
  if (thumbprint === undefined || (await store.findAccountByThumbprint(thumbprint)) === undefined) return;
  throw new AcmeError(
    'badCSR',
    'The key of the CSR is the key of an account. Make a key pair of its own for the certificate.',
  );
}

function requireIssuanceRequest(order: Order, csr: CertificateRequest): IssuanceRequest {
  const checked = checkCsr(csr, order.identifiers);
  if (!checked.ok) throw new AcmeError(checked.refusal.code, checked.refusal.detail);
  const { notBefore, notAfter } = order;
  return {
    subjectPublicKeyInfo: csr.subjectPublicKeyInfo,
    identifiers: order.identifiers,
    ...(checked.value.commonName === undefined ? {} : { commonName: checked.value.commonName }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(notAfter === undefined ? {} : { notAfter }),
  };
}
