import { AcmeError } from '../protocol/acme-error.ts';
import type { Certificate } from '../protocol/certificate.ts';
import { formatId } from '../protocol/ids.ts';
import type { RevocationReason } from '../protocol/revocation-reason.ts';
import { parseRevocationReason, REVOCATION_REASONS } from '../protocol/revocation-reason.ts';
import type { StoreReader } from '../store/store.ts';
import type { ParsedCertificate } from '../x509/certificate.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { certificateKeyThumbprint } from './certificate-key.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { accountNotValid } from './refusals.ts';
import type { RequestKey, Revoker } from './registration.ts';

/**
 * RFC 8555 section 7.6, with the reasons that Let's Encrypt forces. Throws `malformed` (400 for what is no certificate, 404
 * for one that this server does not know), `badRevocationReason`, 403 `unauthorized` for an expired certificate and for
 * one that the revoker has no right to, 401 `unauthorized` for a deactivated account, and `alreadyRevoked`.
 */
export async function revoke(
  { store, clock, logger }: Pick<RegistrationDependencies, 'store' | 'clock' | 'logger'>,
  revoker: Revoker,
  der: Uint8Array,
  reason: unknown,
): Promise<void> {
  const sent = requireCertificate(der);
  const requested = requireReason(reason);
  // The stored bytes are what was signed here, by whatever key of that time, so equality proves who issued them; a forged
  // certificate with a known serial is unequal.
  const found = await store.findCertificateBySerial(sent.serial);
  if (found === undefined || !Buffer.from(found.der).equals(der)) {
    throw new AcmeError(
      'malformed',
      'This server does not know this certificate (any more). Ask the CA that issued it.',
      {
        status: 404,
      },
    );
  }
  const now = clock.now();
  if (found.notAfter < now) {
    throw new AcmeError(
      'unauthorized',
      `The certificate ${found.serial} has expired, and revocation would change nothing any more.`,
    );
  }
  const granted =
    revoker.by === 'key'
      ? reasonForKey(found, sent, revoker.key)
      : await reasonForAccount(store, found, revoker.account.id, requested, now);
  if (!(await store.revokeCertificate(found.id, granted, now))) {
    throw new AcmeError(
      'alreadyRevoked',
      `The certificate ${found.serial} is revoked already. Nothing is left to do.`,
    );
  }
  logger.info(
    { certificate: formatId('cert', found.id), serial: found.serial, reason: granted, by: revoker.by },
    'certificate revoked',
  );
}

function requireCertificate(der: Uint8Array): ParsedCertificate {
  const parsed = parseCertificate(der);
  if (parsed.ok) return parsed.value;
  throw new AcmeError(
    'malformed',
    `The member "certificate" cannot be read. ${parsed.refusal.detail} Send the leaf certificate as base64url of its DER.`,
  );
}

/** Absent means unspecified: RFC 8555 section 7.6. */
function requireReason(reason: unknown): RevocationReason {
  const parsed = reason === undefined ? REVOCATION_REASONS.unspecified : parseRevocationReason(reason);
  if (parsed !== undefined) return parsed;
  const accepted = Object.entries(REVOCATION_REASONS).map(([name, code]) => `${code} (${name})`);
  // Anything else may be nested too deep to be written out.
  const shown = typeof reason === 'number' ? ` ${reason}` : '';
  throw new AcmeError(
    'badRevocationReason',
    `The revocation reason${shown} is not accepted. Send one of ${accepted.join(', ')}, or none.`,
  );
}

/** The certificate's own key revokes as compromised, since whoever signs with it may not be its owner. */
function reasonForKey(found: Certificate, sent: ParsedCertificate, key: RequestKey): RevocationReason {
  if (certificateKeyThumbprint(sent.publicKey) === key.thumbprint) return REVOCATION_REASONS.keyCompromise;
  throw new AcmeError(
    'unauthorized',
    `The key that signed the request is not the key of the certificate ${found.serial}. Sign with that key, or with ` +
      'an account that issued the certificate.',
  );
}

async function reasonForAccount(
  store: StoreReader,
  found: Certificate,
  accountId: Certificate['accountId'],
  requested: RevocationReason,
  now: number,
): Promise<RevocationReason> {
  // The account as it was when the request was checked may be deactivated by now.
  const account = await store.findAccount(accountId);
  if (account?.status !== 'valid') throw accountNotValid();
  if (found.accountId === accountId) return requested;
  if (await store.holdsAuthorizations(accountId, found.identifiers, now)) {
    return REVOCATION_REASONS.cessationOfOperation;
  }
  throw new AcmeError(
    'unauthorized',
    `The certificate ${found.serial} was issued to another account, and this account does not hold valid ` +
      'authorizations for all of its identifiers. Obtain them, or sign with the key of the certificate.',
  );
}
