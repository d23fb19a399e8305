import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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

/** Writes both, each through a temporary file. The key is 0600. */
export function writeCertificateFiles(
  files: CertificateFiles,
  content: { readonly chainPem: string; readonly keyPem: string },
): void {
  mkdirSync(dirname(files.key), { recursive: true });
  const finishKey = prepareFile(files.key, content.keyPem, 0o600);
  const finishCertificate = prepareFile(files.certificate, content.chainPem, 0o644);
  // The certificate first: a certificate without its key can be replaced by the next run, a lone key is kept.
  finishCertificate();
  finishKey();
}

/** Writes a file whole or not at all. */
export function writeWhole(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  prepareFile(path, text, mode)();
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

/** Puts the text safely on disk beside its place; the returned function moves it there. */
function prepareFile(path: string, text: string, mode: number): () => void {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return () => renameSync(temporary, path);
}

function namesOf(certificateFile: string): readonly string[] {
  const [leaf] = decodePem(readIfThere(certificateFile) ?? '');
  const parsed = leaf === undefined ? undefined : parseCertificate(leaf.der);
  return parsed?.ok ? [...parsed.value.dnsNames, ...parsed.value.ipAddresses] : [];
}
