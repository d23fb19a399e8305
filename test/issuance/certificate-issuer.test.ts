import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as peculiar from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IssuingAuthority } from '../../src/issuance/ca-files.ts';
import type { Issuer } from '../../src/issuance/certificate-issuer.ts';
import { createCertificateIssuer } from '../../src/issuance/certificate-issuer.ts';
import type { IssuanceRequest } from '../../src/issuance/issuer.ts';
import type { Randomness } from '../../src/runtime/randomness.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { exportPublicKey } from '../../src/x509/create-csr.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { hasOpenssl, openssl } from '../x509/openssl.ts';
import { NOW, startAuthority } from './authority-world.ts';

const folder = temporaryFolder(afterAll);
const URL_OF_ISSUER = 'http://localhost:14090/issuer/intermediate.der';
const LIFETIME = 90 * 86_400;
const ecKey = exportPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
let authority: IssuingAuthority;

beforeAll(async () => {
  authority = await startAuthority(folder);
});

function issuer(lifetimeSeconds = LIFETIME, randomness: Randomness = systemRandomness): Issuer {
  const { signing } = authority;
  return createCertificateIssuer({
    authority: signing,
    lifetimeSeconds,
    caIssuersUrl: URL_OF_ISSUER,
    randomness,
  });
}

function request(given: Partial<IssuanceRequest> = {}): IssuanceRequest {
  return {
    subjectPublicKeyInfo: ecKey,
    identifiers: [
      { type: 'ip', value: '2001:db8::1' },
      { type: 'dns', value: 'b.example' },
      { type: 'dns', value: '*.a.example' },
      { type: 'ip', value: '192.0.2.1' },
    ],
    ...given,
  };
}

describe('a leaf', () => {
  test('has the extensions of the profile classic in its order, and the names sorted', async () => {
    const { der } = await issuer().issue(request({ commonName: 'b.example' }), NOW);
    const read = new peculiar.X509Certificate(der);
    expect(read.extensions.map((extension) => [extension.type, extension.critical])).toEqual([
      ['2.5.29.15', true],
      ['2.5.29.37', false],
      ['2.5.29.19', true],
      ['2.5.29.14', false],
      ['2.5.29.35', false],
      ['1.3.6.1.5.5.7.1.1', false],
      ['2.5.29.17', false],
      ['2.5.29.32', false],
    ]);
    expect(read.subject).toBe('CN=b.example');
    expect(read.getExtension(peculiar.SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
      { type: 'dns', value: '*.a.example' },
      { type: 'dns', value: 'b.example' },
      { type: 'ip', value: '192.0.2.1' },
      { type: 'ip', value: '2001:db8::1' },
    ]);
    expect(read.getExtension(peculiar.KeyUsagesExtension)?.usages).toBe(
      peculiar.KeyUsageFlags.digitalSignature,
    );
    expect(read.getExtension(peculiar.ExtendedKeyUsageExtension)?.usages).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(read.getExtension(peculiar.BasicConstraintsExtension)?.ca).toBe(false);
    expect(read.getExtension(peculiar.CertificatePolicyExtension)?.policies).toEqual(['2.23.140.1.2.1']);
    expect(
      read.getExtension(peculiar.AuthorityInfoAccessExtension)?.caIssuers.map((name) => name.value),
    ).toEqual([URL_OF_ISSUER]);
    expect(read.getExtension(peculiar.AuthorityKeyIdentifierExtension)?.keyId).toBe(
      Buffer.from(authority.signing.facts.subjectKeyIdentifier ?? []).toString('hex'),
    );
  });

  test('begins an hour ago and ends a second before its lifetime is over', async () => {
    const { der, notBefore, notAfter } = await issuer().issue(request(), NOW);
    const read = new X509Certificate(der);
    expect(notBefore).toBe(NOW - 3_600_000);
    expect(notAfter).toBe(notBefore + LIFETIME * 1000 - 1000);
    expect(Date.parse(read.validFrom)).toBe(notBefore);
    expect(Date.parse(read.validTo)).toBe(notAfter);
  });

  test('of a minute is still valid when it is made', async () => {
    const { notBefore, notAfter } = await issuer(60).issue(request(), NOW);
    expect(notBefore).toBe(NOW - 6000);
    expect(notAfter).toBe(NOW + 53_000);
  });

  test('has the validity that was asked for', async () => {
    const asked = { notBefore: NOW + 60_000, notAfter: NOW + 3_600_000 };
    expect(await issuer().issue(request(asked), NOW)).toMatchObject(asked);
  });

  test('has an empty subject and critical names without a common name', async () => {
    const read = new peculiar.X509Certificate((await issuer().issue(request(), NOW)).der);
    expect(read.subject).toBe('');
    expect(read.getExtension(peculiar.SubjectAlternativeNameExtension)?.critical).toBe(true);
  });

  test('with an RSA key may encipher keys', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { der } = await issuer().issue(request({ subjectPublicKeyInfo: exportPublicKey(publicKey) }), NOW);
    const flags = peculiar.KeyUsageFlags.digitalSignature | peculiar.KeyUsageFlags.keyEncipherment;
    expect(new peculiar.X509Certificate(der).getExtension(peculiar.KeyUsagesExtension)?.usages).toBe(flags);
  });

  test('has a serial from the given randomness, positive and of 18 octets, as every reader shows it', async () => {
    for (const octet of [0x00, 0x7f, 0x80, 0xff]) {
      const { der, serial } = await issuer(LIFETIME, {
        bytes: (count) => new Uint8Array(count).fill(octet),
      }).issue(request(), NOW);
      expect(serial).toMatch(/^[4-7][0-9a-f]{35}$/);
      expect(new X509Certificate(der).serialNumber.toLowerCase()).toBe(serial);
      expect(new peculiar.X509Certificate(der).serialNumber).toBe(serial);
    }
  });

  test('comes with its chain, without the root', async () => {
    const { der, chainPem } = await issuer().issue(request(), NOW);
    const blocks = chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
    expect(blocks.map((pem) => new X509Certificate(pem).raw.toString('hex'))).toEqual(
      [der, authority.signing.der].map((bytes) => Buffer.from(bytes).toString('hex')),
    );
  });

  test('is refused when it would outlive its issuer', () => {
    const { notAfter } = authority.signing.facts;
    expect(() => issuer().prepare(request({ notAfter: notAfter + 1000 }), NOW)).toThrow(
      /longer than its issuer/,
    );
    expect(issuer().prepare(request({ notAfter }), NOW).notAfter).toBe(notAfter);
  });

  test.skipIf(!hasOpenssl)(
    'passes openssl verify -x509_strict (skipped where there is no openssl)',
    async () => {
      for (const given of [{}, { commonName: 'b.example' }]) {
        const { chainPem } = await issuer().issue(request(given), NOW);
        const leaf = join(folder, 'leaf.pem');
        writeFileSync(leaf, chainPem);
        const names = ['-verify_hostname', 'x.a.example', '-purpose', 'sslserver'];
        openssl([
          'verify',
          '-x509_strict',
          ...names,
          '-CAfile',
          authority.rootFile,
          '-untrusted',
          leaf,
          leaf,
        ]);
        openssl([
          'verify',
          '-x509_strict',
          '-verify_ip',
          '2001:db8::1',
          '-CAfile',
          authority.rootFile,
          '-untrusted',
          leaf,
          leaf,
        ]);
      }
    },
  );

  test.each(['ecdsa-p384', 'rsa-2048'])('is signed by an issuer with the key %s', async (keyAlgorithm) => {
    const { signing } = await startAuthority(temporaryFolder(), { keyAlgorithm });
    const made = createCertificateIssuer({
      authority: signing,
      lifetimeSeconds: LIFETIME,
      caIssuersUrl: () => URL_OF_ISSUER,
      randomness: systemRandomness,
    });
    const { der } = await made.issue(request(), NOW);
    expect(new X509Certificate(der).verify(createPublicKey(signing.key))).toBe(true);
  });
});

describe('the issuer', () => {
  test('signs what it prepared, once', () => {
    const made = issuer();
    const prepared = made.prepare(request(), NOW);
    prepared.tbsCertificate.fill(0);
    const { der } = made.sign(prepared);
    expect(new X509Certificate(der).verify(createPublicKey(authority.signing.key))).toBe(true);
    expect(new X509Certificate(der).serialNumber.toLowerCase()).toBe(prepared.serial);
    expect(() => made.sign(prepared)).toThrow(/prepared/);
  });

  test('signs nothing that another prepared, and no copy', () => {
    const made = issuer();
    expect(() => made.sign(issuer().prepare(request(), NOW))).toThrow(/prepared/);
    expect(() => made.sign({ ...made.prepare(request(), NOW) })).toThrow(/prepared/);
  });
});
