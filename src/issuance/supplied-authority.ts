import type { KeyObject } from 'node:crypto';
import type { CertificateFile, RootAuthority, SigningAuthority } from './authority.ts';
import { AuthorityFileError } from './authority.ts';
import type { FileName } from './authority-files.ts';
import { describe, isCertifiedBy, isKeyOf, readCertificateFile, readKeyFile } from './authority-files.ts';

/**
 * Loads a root that the operator supplies; `key` is undefined where its file is not configured. `now` is milliseconds since
 * 1970. Throws AuthorityFileError that names the setting.
 */
export async function loadSuppliedRoot(
  certificatePath: string,
  keyPath: string | undefined,
  now: number,
): Promise<RootAuthority> {
  const file = { path: certificatePath, setting: 'issuance.root.certificate' };
  const [root] = await requireCertificates(file);
  requireAuthority(file, root, now);
  requireKnownAlgorithms(file, root);
  if (!isCertifiedBy(root.facts, root))
    throw new AuthorityFileError(
      `${describe(file)} does not hold a root: its certificate is not signed by itself. Supply the root there, and the ` +
        'authority below it as issuance.intermediate.certificate.',
    );
  if (keyPath === undefined) return { ...root, key: undefined };
  const keyFile = { path: keyPath, setting: 'issuance.root.key' };
  return { ...root, key: await requireKey(keyFile, root, file) };
}

/**
 * Loads an intermediate that the operator supplies; further certificates in its file lead towards the root, in order.
 * `now` is milliseconds since 1970. Throws AuthorityFileError that names the setting.
 */
export async function loadSuppliedIntermediate(
  certificatePath: string,
  keyPath: string,
  root: RootAuthority,
  now: number,
): Promise<SigningAuthority> {
  const file = { path: certificatePath, setting: 'issuance.intermediate.certificate' };
  const certificates = await requireCertificates(file);
  const links = withoutRoot(certificates, root);
  const [intermediate] = links;
  if (intermediate === undefined)
    throw new AuthorityFileError(
      `${describe(file)} holds the root. Leave issuance.intermediate.certificate and issuance.intermediate.key out, and set ` +
        'issuance.root.key, so that an intermediate is made.',
    );
  links.forEach((link, index) => {
    requireAuthority(file, link, now);
    requireKnownAlgorithms(file, link);
    if (isCertifiedBy(link.facts, links[index + 1] ?? root)) return;
    throw new AuthorityFileError(
      `${describe(file)}: its certificate number ${index + 1} is not signed by the next one, or, being the last, by the root ` +
        'in issuance.root.certificate. Put the signing authority first, then its issuers in order.',
    );
  });
  const keyFile = { path: keyPath, setting: 'issuance.intermediate.key' };
  const key = await requireKey(keyFile, intermediate, file);
  return { ...intermediate, key, chain: links.map((link) => link.der) };
}

function withoutRoot(
  certificates: readonly CertificateFile[],
  root: RootAuthority,
): readonly CertificateFile[] {
  return certificates.filter((certificate) => !Buffer.from(certificate.der).equals(root.der));
}

async function requireCertificates(
  file: FileName,
): Promise<readonly [CertificateFile, ...CertificateFile[]]> {
  const certificates = await readCertificateFile(file);
  if (certificates === undefined)
    throw new AuthorityFileError(`${describe(file)} does not exist. Correct the path.`);
  return certificates;
}

async function requireKey(
  file: FileName,
  certificate: CertificateFile,
  certificateFile: FileName,
): Promise<KeyObject> {
  const key = await readKeyFile(file);
  if (key === undefined) throw new AuthorityFileError(`${describe(file)} does not exist. Correct the path.`);
  if (!isKeyOf(key, certificate))
    throw new AuthorityFileError(
      `${describe(file)} is not the key of the certificate in ${certificateFile.path}. Supply the two that belong together.`,
    );
  return key;
}

function requireAuthority(file: FileName, { facts }: CertificateFile, now: number): void {
  if (!facts.isCa || !facts.maySignCertificates)
    throw new AuthorityFileError(
      `${describe(file)} holds a certificate that may not sign others. It needs the basic constraint CA and, if it has a key ` +
        'usage, keyCertSign (RFC 5280 sections 4.2.1.3 and 4.2.1.9).',
    );
  if (facts.notBefore > now)
    throw new AuthorityFileError(
      `${describe(file)} holds a certificate that begins on ${new Date(facts.notBefore).toISOString()}. Set this machine's clock right, or supply one that is valid.`,
    );
  if (facts.notAfter <= now)
    throw new AuthorityFileError(
      `${describe(file)} holds a certificate that expired on ${new Date(facts.notAfter).toISOString()}. Supply one that is valid.`,
    );
}

/** Without this, a signature that cannot be checked would be told as a wrong one. */
function requireKnownAlgorithms(file: FileName, { facts }: CertificateFile): void {
  const { publicKey, signatureAlgorithm } = facts;
  if (publicKey.type !== 'other' && signatureAlgorithm !== 'unsupported') return;
  throw new AuthorityFileError(
    `${describe(file)} holds a certificate whose key or signature is of a kind that is not supported. Supply one with RSA ` +
      '(PKCS #1 v1.5), P-256, P-384, P-521 or Ed25519.',
  );
}
