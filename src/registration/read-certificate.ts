import type { Account } from '../protocol/account.ts';
import type { Certificate } from '../protocol/certificate.ts';
import type { CertificateId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { StoreReader } from '../store/store.ts';
import { requireOwned } from './refusals.ts';

/**
 * RFC 8555 section 7.4.2: the account's certificate. Throws 404 `malformed` when there is none, 403 `unauthorized` when
 * it is another account's.
 */
export async function readCertificate(
  store: StoreReader,
  account: Account,
  id: CertificateId,
): Promise<Certificate> {
  const found = await store.findCertificate(id);
  return requireOwned(account, `The certificate ${formatId('cert', id)}`, found, found?.accountId);
}
