import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeDurably } from '../runtime/durable-files.ts';
import { makeFolders } from '../runtime/make-folders.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { decodePem } from '../x509/pem.ts';
import { fileStem } from './issue-names.ts';
import { UsageError } from './usage-error.ts';

/** Where a certificate and its key go: absolute paths. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Chooses the files of a name in a folder, which is made when it is not there. Throws UsageError rather than let a later
 * write replace a key that is not this name's.
 */
export function planCertificateFiles(folder: string, name: string): CertificateFiles {
  const stem = join(resolve(folder), fileStem(name));
  const files = { certificate: `${stem}.pem`, key: `${stem}.key` };
  if (readIfThere(files.key) !== undefined && !namesOf(files.certificate).includes(name))
    throw new UsageError(
      `${files.key} is there already, and ${files.certificate} is no certificate for ${name} that it could belong to. Move the key away, or choose another folder with --out DIR.`,
    );
  return files;
}

/** Writes both, each whole or not at all. The key is 0600. */
export async function writeCertificateFiles(
  files: CertificateFiles,
  content: { readonly chainPem: string; readonly keyPem: string },
): Promise<void> {
  makeFolders(dirname(files.key));
  // The certificate first: a certificate without its key can be replaced by the next run, a lone key is kept.
  await writeDurably(files.certificate, content.chainPem, 0o644);
  await writeDurably(files.key, content.keyPem, 0o600);
}

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function namesOf(certificateFile: string): readonly string[] {
  const [leaf] = decodePem(readIfThere(certificateFile) ?? '');
  const parsed = leaf === undefined ? undefined : parseCertificate(leaf.der);
  return parsed?.ok ? [...parsed.value.dnsNames, ...parsed.value.ipAddresses] : [];
}
