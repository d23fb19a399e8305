import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { writeDurably } from '../runtime/durable-files.ts';
import type { Randomness } from '../runtime/randomness.ts';
import type { ParsedCertificate } from '../x509/certificate.ts';
import { encodePem } from '../x509/pem.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import type { CertificateFile, RootAuthority, SigningAuthority } from './authority.ts';
import { AuthorityFileError } from './authority.ts';
import { makeAuthorityCertificate } from './authority-certificate.ts';
import {
  asCertificateFile,
  createKeyFile,
  isCertifiedBy,
  isKeyOf,
  readCertificateFile,
  readKeyFile,
} from './authority-files.ts';
import type { KeyAlgorithm } from './issuer-config.ts';

const ROOT_TITLE = 'Touchstone Root CA';
const ROOT_LIFETIME_DAYS = 20 * 365;
/** Longer than the longest lifetime of a leaf, so that it covers one from the first day on. */
const INTERMEDIATE_LIFETIME_DAYS = 15 * 365;

export interface OwnAuthorityRequest {
  /** The data folder; its folder `keys` exists. */
  readonly folder: string;
  /** Whether certificates of a root that the folder had may be in use. */
  readonly hasRecords: boolean;
  readonly keyAlgorithm: KeyAlgorithm;
  /** Milliseconds that the intermediate must outlast, so that a leaf made today fits below it. */
  readonly leafLifetimeMs: number;
  readonly now: number;
  readonly randomness: Randomness;
}

/**
 * Loads the root of the data folder, or makes what is missing of it: the key first, on disk before a certificate refers to
 * it. A root without its key is loaded, since a finished intermediate does not need it. Throws AuthorityFileError, also where
 * a new root would take the place of one in use.
 */
export async function loadOrCreateRoot(request: OwnAuthorityRequest): Promise<RootAuthority> {
  const path = join(request.folder, 'keys', 'root.pem');
  const keyPath = join(request.folder, 'keys', 'root.key');
  const stored = (await readCertificateFile({ path }))?.[0];
  const storedKey = await readKeyFile({ path: keyPath });
  if (stored !== undefined) {
    if (storedKey !== undefined && !isKeyOf(storedKey, stored))
      throw new AuthorityFileError(
        `The key ${keyPath} is not the key of the certificate ${path}. Restore both from the same backup.`,
      );
    if (stored.facts.notAfter <= request.now)
      throw new AuthorityFileError(
        `The root certificate ${path} has expired. Move the data folder away, and a new root is made at the next start.`,
      );
    if (stored.facts.notBefore > request.now)
      throw new AuthorityFileError(
        `The root certificate ${path} begins on ${new Date(stored.facts.notBefore).toISOString()}, which is still to come. Set ` +
          "this machine's clock right; if it was wrong when the folder was made, move the folder away, and a new root is made.",
      );
    return { ...stored, key: storedKey };
  }
  if (storedKey === undefined) await requireNoneInUse(request, keyPath, path);
  const key = storedKey ?? (await createKeyFile(keyPath, request.keyAlgorithm));
  const certificate =
    (await findPublished(request, key)) ??
    asCertificateFile(
      makeAuthorityCertificate({
        title: ROOT_TITLE,
        key,
        lifetimeDays: ROOT_LIFETIME_DAYS,
        now: request.now,
        randomness: request.randomness,
      }),
    );
  await writeDurably(path, encodePem('CERTIFICATE', certificate.der), 0o600);
  return { ...certificate, key };
}

/**
 * Loads the intermediate of the data folder, or makes what is missing of it below the root. An intermediate of another
 * root, or one that a leaf would outlive, gets a new certificate for its old key and name. Throws AuthorityFileError.
 */
export async function loadOrCreateIntermediate(
  request: OwnAuthorityRequest,
  root: RootAuthority,
): Promise<SigningAuthority> {
  const path = join(request.folder, 'keys', 'intermediate.pem');
  const keyPath = join(request.folder, 'keys', 'intermediate.key');
  const stored = (await readCertificateFile({ path }))?.[0];
  const storedKey = await readKeyFile({ path: keyPath });
  if (stored !== undefined && storedKey !== undefined && isUsable(request, stored, storedKey, root))
    return { ...stored, key: storedKey, chain: [stored.der] };
  if (root.key === undefined)
    throw new AuthorityFileError(
      `The intermediate ${path} with its key is missing or does not belong to the root, and a new one cannot be made because ` +
        `${join(request.folder, 'keys', 'root.key')} is missing. Restore the folder keys from a backup, or move the data folder ` +
        'away, and a new root is made at the next start.',
    );
  const key = storedKey ?? (await createKeyFile(keyPath, request.keyAlgorithm));
  const made = asCertificateFile(
    makeAuthorityCertificate({
      title: 'Touchstone Intermediate CA',
      key,
      issuer: { key: root.key, subject: root.facts.subject, keyIdentifier: identifierOf(root.facts) },
      pathLength: 0,
      lifetimeDays: INTERMEDIATE_LIFETIME_DAYS,
      notAfterLimit: root.facts.notAfter,
      now: request.now,
      randomness: request.randomness,
    }),
  );
  await writeDurably(path, encodePem('CERTIFICATE', made.der), 0o600);
  return { ...made, key, chain: [made.der] };
}

function isUsable(
  request: OwnAuthorityRequest,
  certificate: CertificateFile,
  key: KeyObject,
  root: RootAuthority,
): boolean {
  if (!isKeyOf(key, certificate) || !isCertifiedBy(certificate.facts, root)) return false;
  if (certificate.facts.notBefore > request.now) return false;
  // Without the root's key there is no better one to be had.
  const wanted = root.key === undefined ? request.now : request.now + request.leafLifetimeMs;
  return certificate.facts.notAfter >= Math.min(wanted, root.facts.notAfter);
}

/**
 * Clients that trust the root of `root-ca.pem` would refuse every certificate of a new one. No first start that was cut
 * short leaves this: the root is on disk before it is published. A root that was supplied and is so no longer is not ours
 * to miss.
 */
async function requireNoneInUse(
  request: OwnAuthorityRequest,
  keyPath: string,
  certificatePath: string,
): Promise<void> {
  if (!request.hasRecords) return;
  const publishedPath = join(request.folder, 'root-ca.pem');
  const published = (await readCertificateFile({ path: publishedPath }))?.[0];
  if (published === undefined || !Buffer.from(published.facts.subject).includes(ROOT_TITLE)) return;
  throw new AuthorityFileError(
    `The root's files ${keyPath} and ${certificatePath} are missing, and a new root would not be the one in ${publishedPath} ` +
      'that clients trust. Restore the folder keys from a backup, or start with a new data folder (--data DIR), which gets a ' +
      'new root.',
  );
}

/** `root-ca.pem`, if it is the certificate of this key: clients may trust it already. */
async function findPublished(
  request: OwnAuthorityRequest,
  key: KeyObject,
): Promise<CertificateFile | undefined> {
  const published = (await readCertificateFile({ path: join(request.folder, 'root-ca.pem') }))?.[0];
  const fits = published !== undefined && isKeyOf(key, published) && published.facts.notAfter > request.now;
  return fits ? published : undefined;
}

function identifierOf(facts: ParsedCertificate): Uint8Array {
  return facts.subjectKeyIdentifier ?? keyIdentifier(facts.subjectPublicKeyInfo);
}
