import type { IssuanceRequest, IssuedCertificate } from '../issuance/issuer.ts';
import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { Certificate } from '../protocol/certificate.ts';
import { formatId } from '../protocol/ids.ts';
import type { Order } from '../protocol/order.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { orderNotReady } from './order-not-ready.ts';
import { deriveOrderStatus, loadOrder } from './read-order.ts';
import { accountNotValid } from './refusals.ts';

/**
 * Signs for a claimed order, and records certificate and order in one guarded commit. Where the issuer refuses for good
 * (an AcmeError other than `serverInternal`) the order becomes `invalid` with that problem. A fault of ours is thrown as
 * `serverInternal` and leaves the order `ready`. Throws 401 `unauthorized` or 403 `orderNotReady` when the account or the
 * order changed during signing; the certificate is then given to nobody.
 */
export async function issueForOrder(
  dependencies: RegistrationDependencies,
  account: Account,
  order: Order,
  request: IssuanceRequest,
): Promise<Certificate> {
  const { store, clock, logger } = dependencies;
  const issued = await sign(dependencies, order, request);
  const certificate = await record(dependencies, order, issued);
  if (certificate !== undefined) {
    logger.info(eventOf(certificate, order), 'certificate issued');
    return certificate;
  }
  logger.warn(
    { order: formatId('order', order.id), serial: issued.serial },
    'A signed certificate was thrown away, because its order, an authorization or the account changed during signing.',
  );
  if ((await store.findAccount(account.id))?.status !== 'valid') throw accountNotValid();
  const current = await loadOrder(store, account, order.id);
  const now = clock.now();
  const status = deriveOrderStatus(current, false, now);
  throw status === 'ready' ? faultOfOurs(order) : orderNotReady(current, status, now);
}

function eventOf({ id, serial }: Certificate, order: Order): object {
  return {
    certificate: formatId('cert', id),
    serial,
    order: formatId('order', order.id),
    names: order.identifiers.map(({ value }) => value),
  };
}

async function sign(
  { store, issuer, clock }: RegistrationDependencies,
  order: Order,
  request: IssuanceRequest,
): Promise<IssuedCertificate> {
  try {
    return await issuer.issue(request, clock.now());
  } catch (error) {
    if (!(error instanceof AcmeError) || error.code === 'serverInternal') throw faultOfOurs(order, error);
    await store.failOrder(order.id, error.toProblem());
    throw error;
  }
}

async function record(
  { store, clock }: RegistrationDependencies,
  order: Order,
  issued: IssuedCertificate,
): Promise<Certificate | undefined> {
  const { der, chainPem, serial, notBefore, notAfter } = issued;
  const { id: orderId, accountId, identifiers } = order;
  try {
    return await store.recordIssuance(
      { orderId, accountId, identifiers, der, chainPem, serial, notBefore, notAfter },
      clock.now(),
    );
  } catch (error) {
    throw faultOfOurs(order, error);
  }
}

function faultOfOurs(order: Order, cause?: unknown): AcmeError {
  return new AcmeError(
    'serverInternal',
    `A fault of this server stopped the issuance. The order ${formatId('order', order.id)} is still ready: finalize it ` +
      'again. The log of the server says more.',
    { cause },
  );
}
