import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BasicConstraintsExtension, cryptoProvider, X509CertificateGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadOrCreateApiCertificate } from '../../src/issuance/api-certificate.ts';
import { AuthorityFileError } from '../../src/issuance/authority.ts';
import { makeAuthorityCertificate } from '../../src/issuance/authority-certificate.ts';
import { createKeyFile } from '../../src/issuance/authority-files.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { hasOpenssl, openssl } from '../x509/openssl.ts';
import { DAY_MS, NOW, startAuthority } from './authority-world.ts';

const OWN_FILES = [
  'keys/root.key',
  'keys/root.pem',
  'root-ca.pem',
  'keys/intermediate.key',
  'keys/intermediate.pem',
];
const EXPONENT = Uint8Array.of(1, 0, 1);
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

// Made once: every key and certificate costs a few syncs of the disk.
const [made, other] = [temporaryFolder(afterAll), temporaryFolder(afterAll)];

beforeAll(async () => {
  await startAuthority(made);
  await startAuthority(other);
  await loadOrCreateApiCertificate({
    folder: made,
    names: ['localhost'],
    now: NOW,
    randomness: systemRandomness,
  });
});

/** A folder with an authority in it. */
function copyOfMade(): string {
  const folder = temporaryFolder();
  cpSync(made, folder, { recursive: true });
  return folder;
}

describe('an authority of our own', () => {
  test('is made once, and is the same at the next start', async () => {
    const folder = temporaryFolder();
    const first = await startAuthority(folder);
    const second = await startAuthority(folder);
    expect(Buffer.from(second.root.der)).toEqual(Buffer.from(first.root.der));
    expect(Buffer.from(second.signing.der)).toEqual(Buffer.from(first.signing.der));
    expect(first.rootFile).toBe(join(folder, 'root-ca.pem'));
    expect(first.root.facts).toMatchObject({ isCa: true, maySignCertificates: true });
    expect(first.signing.facts).toMatchObject({ isCa: true, pathLength: 0, maySignCertificates: true });
    expect(first.signing.facts.authorityKeyIdentifier).toEqual(first.root.facts.subjectKeyIdentifier);
  });

  test.skipIf(process.platform === 'win32')(
    'keeps its keys from other users (skipped on Windows, which has no modes)',
    async () => {
      const folder = join(temporaryFolder(), 'data');
      await startAuthority(folder);
      expect(mode(folder)).toBe('700');
      expect(mode(join(folder, 'keys'))).toBe('700');
      for (const name of readdirSync(join(folder, 'keys')))
        expect([name, mode(join(folder, 'keys', name))]).toEqual([name, '600']);
      expect(mode(join(folder, 'root-ca.pem'))).toBe('644');
    },
  );

  test.each(OWN_FILES)('starts again without %s, with the same root', async (lost) => {
    const folder = copyOfMade();
    const before = await startAuthority(folder);
    rmSync(join(folder, lost));
    const after = await startAuthority(folder);
    expect(Buffer.from(after.root.der)).toEqual(Buffer.from(before.root.der));
    expect(Buffer.from(readFileSync(after.rootFile))).toEqual(Buffer.from(pemOf(before.root.der)));
    if (lost !== 'keys/intermediate.key')
      expect(after.signing.facts.subjectPublicKeyInfo).toEqual(before.signing.facts.subjectPublicKeyInfo);
    expect(after.signing.facts.issuer).toEqual(before.root.facts.subject);
  });

  test.each([1, 2, 3, 4])('finishes a first start that was cut short after %d files', async (count) => {
    const folder = copyOfMade();
    const kept = OWN_FILES.slice(0, count);
    const contents = kept.map((name) => readFileSync(join(folder, name), 'utf8'));
    for (const name of OWN_FILES.slice(count)) rmSync(join(folder, name));
    writeFileSync(join(folder, 'keys', 'root.key.1.new'), 'half a ke');
    await startAuthority(folder);
    expect(kept.map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(contents);
    expect(OWN_FILES.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  });

  test('says what to restore when a new intermediate would need a root key that is gone', async () => {
    const folder = copyOfMade();
    rmSync(join(folder, 'keys/root.key'));
    rmSync(join(folder, 'keys/intermediate.pem'));
    await expect(startAuthority(folder)).rejects.toThrow(/root\.key is missing\. Restore the folder keys/);
  });

  test.each([
    ['the whole folder keys', ['keys']],
    ["the root's key and certificate", ['keys/root.key', 'keys/root.pem']],
    ["the root's and the API's", ['keys/root.key', 'keys/root.pem', 'keys/api.key', 'keys/api.pem']],
  ])('without %s refuses to replace the root that issued what the database holds', async (_what, lost) => {
    const folder = copyOfMade();
    for (const name of lost) rmSync(join(folder, name), { recursive: true });
    const published = readFileSync(join(folder, 'root-ca.pem'), 'utf8');
    const refused = startAuthority(folder, {}, NOW, true);
    await expect(refused).rejects.toThrow(AuthorityFileError);
    await expect(refused).rejects.toThrow(
      /root\.key and .*root\.pem are missing.*Restore the folder keys from a backup, or .* a new data folder/,
    );
    expect(readFileSync(join(folder, 'root-ca.pem'), 'utf8')).toBe(published);
    expect(existsSync(join(folder, 'keys/root.key'))).toBe(false);
  });

  test.each(OWN_FILES)(
    'with a database and without %s alone starts again, with the same root',
    async (lost) => {
      const folder = copyOfMade();
      const before = readFileSync(join(folder, 'root-ca.pem'), 'utf8');
      rmSync(join(folder, lost));
      await startAuthority(folder, {}, NOW, true);
      expect(readFileSync(join(folder, 'root-ca.pem'), 'utf8')).toBe(before);
    },
  );

  test('is made where a database was filled under a supplied root, once the setting is taken back', async () => {
    const folder = temporaryFolder();
    const key = await createKeyFile(join(folder, 'theirs.key'), 'ecdsa-p256');
    const theirs = { title: 'Theirs', key, lifetimeDays: 900, now: NOW, randomness: systemRandomness };
    const certificate = join(folder, 'theirs.pem');
    writeFileSync(certificate, pemOf(makeAuthorityCertificate(theirs)));
    await startAuthority(folder, { root: { certificate, key: join(folder, 'theirs.key') } });
    const { rootFile } = await startAuthority(folder, {}, NOW, true);
    expect(readFileSync(rootFile, 'utf8')).toBe(readFileSync(join(folder, 'keys/root.pem'), 'utf8'));
  });

  test("refuses a root key that is another certificate's", async () => {
    const folder = copyOfMade();
    writeFileSync(join(folder, 'keys/root.key'), readFileSync(join(other, 'keys/root.key')));
    await expect(startAuthority(folder)).rejects.toThrow(AuthorityFileError);
  });

  test('gets a new intermediate for the old key when a leaf would outlive the present one', async () => {
    const folder = copyOfMade();
    const before = await startAuthority(folder);
    const after = await startAuthority(folder, {}, before.signing.facts.notAfter - 10 * DAY_MS);
    expect(after.signing.facts.notAfter).toBeGreaterThan(before.signing.facts.notAfter);
    expect(after.signing.facts.subjectPublicKeyInfo).toEqual(before.signing.facts.subjectPublicKeyInfo);
    expect(after.signing.facts.notAfter).toBeLessThanOrEqual(after.root.facts.notAfter);
  });

  test('refuses to serve with an expired root', async () => {
    const folder = copyOfMade();
    const { root } = await startAuthority(folder);
    await expect(startAuthority(folder, {}, root.facts.notAfter)).rejects.toThrow(/has expired/);
  });

  test.skipIf(!hasOpenssl).each(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048'])(
    'with keys %s passes openssl verify -x509_strict (skipped where there is no openssl)',
    async (keyAlgorithm) => {
      const folder = temporaryFolder();
      const { signing } = await startAuthority(folder, { keyAlgorithm });
      expect(signing.key.asymmetricKeyType).toBe(keyAlgorithm.startsWith('rsa') ? 'rsa' : 'ec');
      const intermediate = join(folder, 'keys/intermediate.pem');
      openssl(['verify', '-x509_strict', '-CAfile', join(folder, 'root-ca.pem'), intermediate]);
    },
  );
});

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

describe('a supplied authority', () => {
  test('with a root and its key gets an intermediate of ours below it', async () => {
    const folder = temporaryFolder();
    const root = { certificate: join(other, 'root-ca.pem'), key: join(other, 'keys/root.key') };
    const first = await startAuthority(folder, { root });
    expect(first.signing.facts.issuer).toEqual(first.root.facts.subject);
    expect(readFileSync(join(folder, 'root-ca.pem'), 'utf8')).toBe(readFileSync(root.certificate, 'utf8'));
    expect(existsSync(join(folder, 'keys/root.key'))).toBe(false);
    const again = await startAuthority(folder, { root });
    expect(Buffer.from(again.signing.der)).toEqual(Buffer.from(first.signing.der));
  });

  test('leaves our own root in place for the day when the setting is taken back', async () => {
    const folder = copyOfMade();
    const own = await startAuthority(folder);
    const root = { certificate: join(other, 'root-ca.pem'), key: join(other, 'keys/root.key') };
    const supplied = await startAuthority(folder, { root });
    expect(supplied.signing.facts.issuer).toEqual(supplied.root.facts.subject);
    expect(supplied.signing.facts.subjectPublicKeyInfo).toEqual(own.signing.facts.subjectPublicKeyInfo);
    const back = await startAuthority(folder);
    expect(Buffer.from(back.root.der)).toEqual(Buffer.from(own.root.der));
    expect(back.signing.facts.issuer).toEqual(own.root.facts.subject);
    expect(readFileSync(back.rootFile, 'utf8')).toBe(pemOf(own.root.der));
  });

  test('with an intermediate needs no root key', async () => {
    const folder = temporaryFolder();
    const loaded = await startAuthority(folder, intermediateOf(made));
    expect(loaded.root.key).toBeUndefined();
    expect(loaded.signing.facts.issuer).toEqual(loaded.root.facts.subject);
    expect(readdirSync(join(folder, 'keys'))).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    [
      'a missing file',
      { root: { certificate: join(made, 'no.pem'), key: 'x' } },
      /issuance\.root\.certificate: the file .*no\.pem does not exist/,
    ],
    [
      'a key of another certificate',
      {
        root: { certificate: join(made, 'root-ca.pem'), key: join(other, 'keys/root.key') },
      },
      /issuance\.root\.key: .* is not the key/,
    ],
    [
      'an intermediate of another root',
      { ...intermediateOf(made), root: { certificate: join(other, 'root-ca.pem') } },
      /issuance\.intermediate\.certificate: .* not signed by/,
    ],
    [
      'a root that is an intermediate',
      {
        root: {
          certificate: join(made, 'keys/intermediate.pem'),
          key: join(made, 'keys/intermediate.key'),
        },
      },
      /not signed by itself/,
    ],
    [
      'a key that is a certificate',
      { root: { certificate: join(made, 'root-ca.pem'), key: join(made, 'root-ca.pem') } },
      /holds no private key/,
    ],
    [
      'a certificate that is a key',
      {
        root: { certificate: join(made, 'keys/root.key'), key: join(made, 'keys/root.key') },
      },
      /holds no certificate in PEM/,
    ],
    [
      'a leaf as intermediate',
      {
        ...intermediateOf(made),
        intermediate: { certificate: join(made, 'keys/api.pem'), key: join(made, 'keys/api.key') },
      },
      /holds a certificate that may not sign others/,
    ],
    [
      'a root of somebody else as intermediate',
      {
        ...intermediateOf(made),
        intermediate: { certificate: join(other, 'root-ca.pem'), key: join(other, 'keys/root.key') },
      },
      /not signed by/,
    ],
    [
      'an intermediate that is the root',
      {
        ...intermediateOf(made),
        intermediate: { certificate: join(made, 'root-ca.pem'), key: join(made, 'keys/root.key') },
      },
      /holds the root/,
    ],
  ])('is refused with %s', async (_what, given, message) => {
    await expect(startAuthority(temporaryFolder(), given)).rejects.toThrow(message);
  });

  test('is refused when it has expired', async () => {
    const { signing } = await startAuthority(made);
    const later = startAuthority(temporaryFolder(), intermediateOf(made), signing.facts.notAfter + DAY_MS);
    await expect(later).rejects.toThrow(/issuance\.intermediate\.certificate: .* expired on/);
    expect(signing.facts.notBefore).toBeLessThan(NOW);
  });

  test('is refused at the start when every leaf would outlive it, and serves shorter ones', async () => {
    const { signing } = await startAuthority(made);
    const later = signing.facts.notAfter - 30 * DAY_MS;
    const start = (lifetime: object) =>
      startAuthority(temporaryFolder(), { ...intermediateOf(made), ...lifetime }, later);
    await expect(start({})).rejects.toThrow(/Lower issuance\.lifetimeSeconds, or supply/);
    await expect(start({ lifetimeSeconds: 29 * 86_400 })).resolves.toBeDefined();
  });

  test('of a kind that cannot be checked is told so, and not as one that is not signed', async () => {
    const folder = temporaryFolder();
    const algorithm = { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: EXPONENT };
    cryptoProvider.set(webcrypto);
    const root = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=Root',
      keys: await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
      signingAlgorithm: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
      notBefore: new Date(NOW),
      notAfter: new Date(NOW + DAY_MS),
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    const certificate = join(folder, 'pss.pem');
    writeFileSync(certificate, root.toString('pem'));
    await expect(startAuthority(folder, { root: { certificate, key: certificate } })).rejects.toThrow(
      /a kind that is not supported/,
    );
  });

  test('that begins in the future is told so: the clock is wrong, or was', async () => {
    const certificate = join(made, 'root-ca.pem');
    const root = { certificate, key: join(made, 'keys/root.key') };
    await expect(startAuthority(temporaryFolder(), { root }, NOW - 30 * DAY_MS)).rejects.toThrow(/begins on/);
  });

  test('with a key that is encrypted is told how to decrypt it', async () => {
    const folder = temporaryFolder();
    const key = join(folder, 'encrypted.key');
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } as const;
    writeFileSync(key, createPrivateKey(readFileSync(join(made, 'keys/root.key'))).export(options));
    const root = { certificate: join(made, 'root-ca.pem'), key };
    await expect(startAuthority(folder, { root })).rejects.toThrow(/openssl pkey/);
  });

  test.each(['pkcs1', 'pkcs8'] as const)('takes an RSA key as %s', async (type) => {
    const folder = temporaryFolder();
    const rsa = await startAuthority(folder, { keyAlgorithm: 'rsa-2048' });
    const key = join(folder, `${type}.key`);
    writeFileSync(key, rsa.root.key?.export({ type, format: 'pem' }) ?? '');
    const root = { certificate: rsa.rootFile, key };
    const loaded = await startAuthority(temporaryFolder(), { root });
    expect(loaded.signing.facts.issuer).toEqual(rsa.root.facts.subject);
  });
});

function intermediateOf(folder: string): object {
  return {
    root: { certificate: join(folder, 'root-ca.pem') },
    intermediate: {
      certificate: join(folder, 'keys/intermediate.pem'),
      key: join(folder, 'keys/intermediate.key'),
    },
  };
}
