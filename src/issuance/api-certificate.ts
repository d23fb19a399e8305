import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { domainToASCII } from 'node:url';
import { ensureFolder, ensureOwnFolder, writeDurably } from '../runtime/durable-files.ts';
import type { Randomness } from '../runtime/randomness.ts';
import { encodeTbsCertificate, signCertificate } from '../x509/certificate-builder.ts';
import { exportPublicKey } from '../x509/create-csr.ts';
import { encodeName } from '../x509/distinguished-name.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyUsage,
  serverAuthentication,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../x509/extensions.ts';
import { canonicalIpAddress } from '../x509/ip-address.ts';
import { encodePem } from '../x509/pem.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import { signingAlgorithmOf } from '../x509/signature-algorithm.ts';
import type { CertificateFile, RootAuthority } from './authority.ts';
import { makeAuthorityCertificate } from './authority-certificate.ts';
import {
  asCertificateFile,
  createKeyFile,
  isCertifiedBy,
  isKeyOf,
  readCertificateFile,
  readKeyFile,
} from './authority-files.ts';
import { privateKeyToPem } from './key-pair.ts';
import { randomSerial } from './serial.ts';

const HOUR_MS = 3_600_000;
const LEAF_LIFETIME_MS = 90 * 24 * HOUR_MS;
const AUTHORITY_LIFETIME_DAYS = 3650;

export interface ApiCertificateOptions {
  /** The data folder; made if it is missing. */
  readonly folder: string;
  /** DNS names and addresses that the API is reached by. */
  readonly names: readonly string[];
  /** Milliseconds since 1970, of real time: clients check it against theirs. */
  readonly now: number;
  readonly randomness: Randomness;
}

/** The HTTPS certificate of the API, with what a listener needs. Times are milliseconds since 1970. */
export interface ApiCertificate {
  /** The leaf, then its authority. */
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** The trust anchor in PEM: an absolute path. */
  readonly caFile: string;
}

/**
 * Loads the API's certificate and its small authority, which is apart from the issuing one, or makes what is missing. A leaf
 * for other names, or past `renewAt`, is made anew, and so is an authority that its leaf would outlive. Throws a RangeError
 * for a name that no certificate can hold, AuthorityFileError for files that cannot be read.
 */
export async function loadOrCreateApiCertificate(options: ApiCertificateOptions): Promise<ApiCertificate> {
  const folder = resolve(options.folder);
  await ensureFolder(folder, 0o700);
  await ensureOwnFolder(join(folder, 'keys'), 0o700);
  const caFile = join(folder, 'api-ca.pem');
  const authority = await loadOrCreateApiAuthority(options, folder, caFile);
  const path = join(folder, 'keys', 'api.pem');
  const keyPath = join(folder, 'keys', 'api.key');
  const key = (await readKeyFile({ path: keyPath })) ?? (await createKeyFile(keyPath, 'ecdsa-p256'));
  const names = sortNames(options.names);
  const stored = (await readCertificateFile({ path }))?.[0];
  const current =
    stored !== undefined &&
    isKeyOf(key, stored) &&
    isCertifiedBy(stored.facts, authority) &&
    hasNames(stored, names) &&
    options.now < renewAt(stored.facts) &&
    options.now >= stored.facts.notBefore;
  const leaf = current ? stored : makeLeaf(options, authority, exportPublicKey(key), names);
  const certificatePem = encodePem('CERTIFICATE', leaf.der) + encodePem('CERTIFICATE', authority.der);
  if (!current) await writeDurably(path, certificatePem, 0o600);
  const { notBefore, notAfter } = leaf.facts;
  return { certificatePem, keyPem: privateKeyToPem(key), notBefore, notAfter, caFile };
}

/** When the certificate should be made anew: with a third of its validity left. Milliseconds since 1970. */
export function renewAt(certificate: { readonly notBefore: number; readonly notAfter: number }): number {
  return certificate.notAfter - Math.floor((certificate.notAfter - certificate.notBefore) / 3);
}

interface Names {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

type ApiAuthority = CertificateFile & { readonly key: Exclude<RootAuthority['key'], undefined> };

async function loadOrCreateApiAuthority(
  options: ApiCertificateOptions,
  folder: string,
  path: string,
): Promise<ApiAuthority> {
  const keyPath = join(folder, 'keys', 'api-ca.key');
  const key = (await readKeyFile({ path: keyPath })) ?? (await createKeyFile(keyPath, 'ecdsa-p256'));
  const stored = (await readCertificateFile({ path }))?.[0];
  // One from the future comes of a clock that was wrong: no client would take it.
  const holds =
    stored !== undefined &&
    stored.facts.notBefore <= options.now &&
    stored.facts.notAfter > options.now + LEAF_LIFETIME_MS;
  if (holds && isKeyOf(key, stored)) return { ...stored, key };
  const made = makeAuthorityCertificate({
    title: 'Touchstone API CA',
    key,
    pathLength: 0,
    lifetimeDays: AUTHORITY_LIFETIME_DAYS,
    now: options.now,
    randomness: options.randomness,
  });
  await writeDurably(path, encodePem('CERTIFICATE', made), 0o644);
  return { ...asCertificateFile(made), key };
}

function makeLeaf(
  { now, randomness }: ApiCertificateOptions,
  authority: ApiAuthority,
  subjectPublicKeyInfo: Uint8Array,
  names: Names,
): CertificateFile {
  const tbs = encodeTbsCertificate({
    serial: randomSerial(randomness),
    signatureAlgorithm: signingAlgorithmOf(authority.key),
    issuer: authority.facts.subject,
    notBefore: now - HOUR_MS,
    notAfter: now - HOUR_MS + LEAF_LIFETIME_MS - 1000,
    subject: encodeName('Touchstone ACME API'),
    subjectPublicKeyInfo,
    extensions: [
      keyUsage(['digitalSignature']),
      serverAuthentication(),
      basicConstraints({ ca: false }),
      subjectKeyIdentifier(keyIdentifier(subjectPublicKeyInfo)),
      // Strict verifiers want both key identifiers (RFC 5280 sections 4.2.1.1 and 4.2.1.2), Python 3.13's for one.
      authorityKeyIdentifier(keyIdentifier(authority.facts.subjectPublicKeyInfo)),
      subjectAlternativeName({ ...names, critical: false }),
    ],
  });
  return asCertificateFile(signCertificate(tbs, authority.key));
}

function sortNames(names: readonly string[]): Names {
  const distinct = (values: readonly string[]) => [...new Set(values)].sort();
  return {
    dnsNames: distinct(names.filter((name) => isIP(name) === 0).map(toAscii)),
    ipAddresses: distinct(names.filter((name) => isIP(name) !== 0).map(canonicalIpAddress)),
  };
}

function toAscii(name: string): string {
  const ascii = domainToASCII(name);
  if (ascii === '')
    throw new RangeError(`${JSON.stringify(name)} is not a name that a certificate can hold.`);
  return ascii;
}

function hasNames({ facts }: CertificateFile, names: Names): boolean {
  const text = (one: Names) => JSON.stringify([one.dnsNames, one.ipAddresses]);
  return text(facts) === text(names);
}
