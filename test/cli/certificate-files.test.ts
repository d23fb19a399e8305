import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadAccountKey } from '../../src/cli/account-key-file.ts';
import { planCertificateFiles, writeCertificateFiles } from '../../src/cli/certificate-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const mode = (file: string): number => statSync(file).mode & 0o777;

test('writes the chain for all to read and the key for the owner alone, and leaves nothing beside them', async () => {
  const folder = join(temporaryFolder(), 'not', 'there', 'yet');
  const files = planCertificateFiles(folder, 'a.example');
  await writeCertificateFiles(files, { chainPem: 'chain', keyPem: 'key' });
  expect(readdirSync(folder).sort()).toEqual(['a.example.key', 'a.example.pem']);
  expect(readFileSync(files.certificate, 'utf8')).toBe('chain');
  expect(readFileSync(files.key, 'utf8')).toBe('key');
  expect(mode(files.key)).toBe(0o600);
});

test('renews: a key beside a certificate of its name is replaced, also one that was readable by all', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.example.key'), 'old', { mode: 0o644 });
  writeFileSync(join(folder, 'a.example.pem'), await certificateFor('a.example'));
  const files = planCertificateFiles(folder, 'a.example');
  await writeCertificateFiles(files, { chainPem: 'new chain', keyPem: 'new key' });
  expect(readFileSync(files.key, 'utf8')).toBe('new key');
  expect(mode(files.key)).toBe(0o600);
});

test.each([
  ['nothing', undefined],
  ['a certificate for another name', 'b.example'],
])('refuses to replace a key beside %s', async (_, name) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.example.key'), 'somebody else needs this');
  if (name !== undefined) writeFileSync(join(folder, 'a.example.pem'), await certificateFor(name));
  expect(() => planCertificateFiles(folder, 'a.example')).toThrow(/Move the key away.*--out DIR/);
});

test('makes an account key once and finds it again, 0600', async () => {
  const file = join(temporaryFolder(), 'client', 'account.key');
  const first = await loadAccountKey(file);
  expect(mode(file)).toBe(0o600);
  expect((await loadAccountKey(file)).thumbprint).toBe(first.thumbprint);
  expect((await loadAccountKey(undefined)).thumbprint).not.toBe(first.thumbprint);
});

test('says which file is no account key, and leaves it as it is', async () => {
  const file = join(temporaryFolder(), 'account.key');
  writeFileSync(file, 'no key');
  await expect(loadAccountKey(file)).rejects.toThrow(`${file} is no account key`);
  const { publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }));
  await expect(loadAccountKey(file)).rejects.toThrow(`${file} is no account key`);
  expect(existsSync(file)).toBe(true);
});

async function certificateFor(name: string): Promise<string> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  });
  return certificate.toString('pem');
}
