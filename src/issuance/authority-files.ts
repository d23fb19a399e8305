import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeDurably } from '../runtime/durable-files.ts';
import type { ParsedCertificate } from '../x509/certificate.ts';
import { isSignedBy, parseCertificate } from '../x509/certificate.ts';
import { exportPublicKey } from '../x509/create-csr.ts';
import { decodePem } from '../x509/pem.ts';
import { importPublicKey } from '../x509/public-key.ts';
import type { CertificateFile } from './authority.ts';
import { AuthorityFileError } from './authority.ts';
import type { KeyAlgorithm } from './issuer-config.ts';
import { generatePrivateKey, privateKeyFromPem, privateKeyToPem } from './key-pair.ts';

/** What a file is called in errors: its setting, or its place in the data folder. */
export interface FileName {
  readonly path: string;
  /** For instance `issuance.root.key`; absent for our own files. */
  readonly setting?: string;
}

/** Reads a private key. Undefined when there is no such file; throws AuthorityFileError when it holds no usable key. */
export async function readKeyFile(file: FileName): Promise<KeyObject | undefined> {
  const pem = await readIfThere(file);
  if (pem === undefined) return undefined;
  const key = privateKeyFromPem(pem);
  if (key === undefined)
    throw new AuthorityFileError(
      `${describe(file)} holds no private key that can be read. It must be PEM and not encrypted: ` +
        '`openssl pkey -in FILE -out NEWFILE` decrypts a key.',
    );
  return key;
}

/**
 * Reads the certificates of a PEM file, at least one. Undefined when there is no such file; throws AuthorityFileError
 * when it holds none, or one that cannot be read.
 */
export async function readCertificateFile(
  file: FileName,
): Promise<readonly [CertificateFile, ...CertificateFile[]] | undefined> {
  const pem = await readIfThere(file);
  if (pem === undefined) return undefined;
  const [first, ...rest] = decodePem(pem)
    .filter((block) => block.label === 'CERTIFICATE')
    .map(({ der }) => {
      const parsed = parseCertificate(der);
      if (parsed.ok) return { der, facts: parsed.value };
      throw new AuthorityFileError(
        `${describe(file)} holds a certificate that cannot be read. ${parsed.refusal.detail}`,
      );
    });
  if (first === undefined)
    throw new AuthorityFileError(
      `${describe(file)} holds no certificate in PEM (-----BEGIN CERTIFICATE-----). \`openssl x509 -in FILE -out NEWFILE\` makes ` +
        'PEM of other forms.',
    );
  return [first, ...rest];
}

/** A certificate of our own making, with what it says. */
export function asCertificateFile(der: Uint8Array): CertificateFile {
  const parsed = parseCertificate(der);
  if (parsed.ok) return { der, facts: parsed.value };
  throw new Error(`A certificate of our own making cannot be read. ${parsed.refusal.detail}`);
}

/** Makes a private key. It is on disk, for this user alone, when the promise resolves. */
export async function createKeyFile(path: string, algorithm: KeyAlgorithm): Promise<KeyObject> {
  const key = await generatePrivateKey(algorithm);
  await writeDurably(path, privateKeyToPem(key), 0o600);
  return key;
}

/** True when the key is the certificate's. */
export function isKeyOf(key: KeyObject, certificate: CertificateFile): boolean {
  return Buffer.from(exportPublicKey(key)).equals(certificate.facts.subjectPublicKeyInfo);
}

/** True when the certificate names the issuer and the issuer's key signed it. */
export function isCertifiedBy(certificate: ParsedCertificate, issuer: CertificateFile): boolean {
  const key = importPublicKey(issuer.facts.publicKey);
  const named = Buffer.from(certificate.issuer).equals(issuer.facts.subject);
  return named && key !== undefined && isSignedBy(certificate, key);
}

/** The file as errors name it. */
export function describe(file: FileName): string {
  return file.setting === undefined ? `The file ${file.path}` : `${file.setting}: the file ${file.path}`;
}

async function readIfThere(file: FileName): Promise<string | undefined> {
  try {
    return await readFile(file.path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw new AuthorityFileError(
      `${describe(file)} cannot be read (${String(code ?? error)}). Check that it is a file that this user may read.`,
    );
  }
}
