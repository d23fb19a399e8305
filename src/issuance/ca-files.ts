import { join, resolve } from 'node:path';
import { ensureFolder, ensureOwnFolder, writeDurably } from '../runtime/durable-files.ts';
import type { Randomness } from '../runtime/randomness.ts';
import { encodePem } from '../x509/pem.ts';
import type { RootAuthority, SigningAuthority } from './authority.ts';
import { AuthorityFileError } from './authority.ts';
import { readCertificateFile } from './authority-files.ts';
import type { IssuanceConfig } from './issuer-config.ts';
import { leafValidity } from './leaf-validity.ts';
import { loadOrCreateIntermediate, loadOrCreateRoot } from './own-authority.ts';
import { loadSuppliedIntermediate, loadSuppliedRoot } from './supplied-authority.ts';

/** The root and the intermediate that signs. */
export interface IssuingAuthority {
  readonly root: RootAuthority;
  readonly signing: SigningAuthority;
  /** The root's certificate in PEM, for people and programs to trust: an absolute path. */
  readonly rootFile: string;
}

export interface AuthorityOptions {
  /** The data folder; made if it is missing. */
  readonly folder: string;
  /** Whether a database is there: then `root-ca.pem` is a root that clients trust, and no other may take its place. */
  readonly hasRecords: boolean;
  readonly config: IssuanceConfig;
  /** Milliseconds since 1970 of the CA's calendar. */
  readonly now: number;
  readonly randomness: Randomness;
}

/**
 * Loads the certification authority: supplied files where they are configured, else those of the data folder, of which it
 * makes what is missing. Each file is on disk before the next refers to it (root key, root, intermediate key,
 * intermediate, `root-ca.pem`), so a start that was cut short anywhere is finished by the next one. Throws
 * AuthorityFileError for files that cannot be used.
 */
export async function loadOrCreateAuthority(options: AuthorityOptions): Promise<IssuingAuthority> {
  const { config, now, randomness } = options;
  const folder = resolve(options.folder);
  const own = {
    folder,
    hasRecords: options.hasRecords,
    keyAlgorithm: config.keyAlgorithm,
    leafLifetimeMs: config.lifetimeSeconds * 1000,
    now,
    randomness,
  };
  await ensureFolder(folder, 0o700);
  await ensureOwnFolder(join(folder, 'keys'), 0o700);
  const root =
    config.root.certificate === undefined
      ? await loadOrCreateRoot(own)
      : await loadSuppliedRoot(config.root.certificate, config.root.key, now);
  const { certificate, key } = config.intermediate;
  if (certificate === undefined && root.facts.pathLength === 0)
    throw new AuthorityFileError(
      'issuance.root.certificate: the root allows no authority below it (path length 0), and certificates are signed by an ' +
        'intermediate. Supply a root without that limit.',
    );
  const signing =
    certificate === undefined || key === undefined
      ? await loadOrCreateIntermediate(own, root)
      : await loadSuppliedIntermediate(certificate, key, root, now);
  requireLasting(signing, config, now);
  const rootFile = join(folder, 'root-ca.pem');
  await publish(rootFile, root.der);
  return { root, signing, rootFile };
}

/** Told at the start, and not by the failure of every order: no leaf outlives its issuer. */
function requireLasting({ facts }: SigningAuthority, config: IssuanceConfig, now: number): void {
  const { notAfter } = leafValidity({}, now, config.lifetimeSeconds);
  if (notAfter <= facts.notAfter) return;
  throw new AuthorityFileError(
    `The intermediate expires on ${new Date(facts.notAfter).toISOString()}, before a certificate of ${config.lifetimeSeconds} ` +
      'seconds (issuance.lifetimeSeconds) made now. Lower issuance.lifetimeSeconds, or supply a root and an intermediate that last longer.',
  );
}

/** Writes the certificate for others to read, unless the file holds it already. */
async function publish(path: string, der: Uint8Array): Promise<void> {
  const there = (await readCertificateFile({ path }))?.[0];
  if (there !== undefined && Buffer.from(there.der).equals(der)) return;
  await writeDurably(path, encodePem('CERTIFICATE', der), 0o644);
}
