import 'reflect-metadata';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import * as peculiar from '@peculiar/x509';
import { describe, expect, test } from 'vitest';
import { isSignedBy, parseCertificate } from '../../src/x509/certificate.ts';
import { encodeTbsCertificate, signCertificate } from '../../src/x509/certificate-builder.ts';
import { createCsr, exportPublicKey } from '../../src/x509/create-csr.ts';
import { parseCsr } from '../../src/x509/csr.ts';
import { encodeName } from '../../src/x509/distinguished-name.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../../src/x509/extensions.ts';
import { canonicalIpAddress, ipAddressToBytes } from '../../src/x509/ip-address.ts';
import { decodePem, encodePem } from '../../src/x509/pem.ts';
import { importPublicKey, keyIdentifier, publicKeyToJwk } from '../../src/x509/public-key.ts';
import { signingAlgorithmOf } from '../../src/x509/signature-algorithm.ts';

const KEYS = [
  ['RSA-2048', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RSA-SHA256'],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ECDSA-SHA256'],
  ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'ECDSA-SHA384'],
  ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'ECDSA-SHA512'],
  ['Ed25519', generateKeyPairSync('ed25519'), 'Ed25519'],
] as const;

describe.each(KEYS)('with a key %s', (_name, { publicKey, privateKey }, algorithm) => {
  test('a request is made and read, and an independent reader agrees', async () => {
    const der = createCsr({
      privateKey,
      dnsNames: ['a.example', '*.b.example'],
      ipAddresses: ['::1'],
      commonName: '*.b.example',
    });
    const parsed = parseCsr(der);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    expect(parsed.value).toMatchObject({
      signatureAlgorithm: algorithm,
      signatureValid: true,
      commonNames: ['*.b.example'],
      dnsNames: ['a.example', '*.b.example'],
      ipAddresses: ['::1'],
    });
    const { kty, crv, n, e, x, y } = publicKey.export({ format: 'jwk' });
    expect(publicKeyToJwk(parsed.value.publicKey)).toEqual(
      JSON.parse(JSON.stringify({ kty, crv, n, e, x, y })),
    );
    expect(importPublicKey(parsed.value.publicKey)?.equals(publicKey)).toBe(true);
    const read = new peculiar.Pkcs10CertificateRequest(der);
    expect(read.subject).toBe('CN=*.b.example');
    expect(await read.verify()).toBe(true);
  });

  test('a certificate is made and read, and independent readers agree', async () => {
    const subjectPublicKeyInfo = exportPublicKey(privateKey);
    const identifier = keyIdentifier(subjectPublicKeyInfo);
    const der = signCertificate(
      encodeTbsCertificate({
        serial: Uint8Array.of(0xff, 1),
        signatureAlgorithm: signingAlgorithmOf(privateKey),
        issuer: encodeName('Zürich CA'),
        notBefore: Date.UTC(2024, 0, 1),
        notAfter: Date.UTC(2055, 0, 1),
        subject: encodeName('Zürich CA'),
        subjectPublicKeyInfo,
        extensions: [
          basicConstraints({ ca: true, pathLength: 3 }),
          subjectKeyIdentifier(identifier),
          authorityKeyIdentifier(identifier),
          subjectAlternativeName({ dnsNames: ['a.example'], ipAddresses: ['192.0.2.1'], critical: false }),
        ],
      }),
      privateKey,
    );
    const parsed = parseCertificate(der);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    expect(parsed.value).toMatchObject({
      serial: 'ff01',
      notBefore: Date.UTC(2024, 0, 1),
      notAfter: Date.UTC(2055, 0, 1),
      dnsNames: ['a.example'],
      ipAddresses: ['192.0.2.1'],
      isCa: true,
      pathLength: 3,
      signatureAlgorithm: algorithm,
    });
    expect(Buffer.from(parsed.value.issuer)).toEqual(Buffer.from(encodeName('Zürich CA')));
    expect(Buffer.from(parsed.value.authorityKeyIdentifier ?? [])).toEqual(Buffer.from(identifier));
    expect(isSignedBy(parsed.value, publicKey)).toBe(true);
    const node = new X509Certificate(der);
    expect(node.serialNumber).toBe('FF01');
    expect(node.subject).toBe('CN=Zürich CA');
    expect(node.verify(publicKey)).toBe(true);
    expect(node.checkHost('a.example')).toBe('a.example');
    const read = new peculiar.X509Certificate(der);
    expect(read.getExtension(peculiar.BasicConstraintsExtension)?.pathLength).toBe(3);
    expect(await read.verify()).toBe(true);
  });
});

describe('a certificate', () => {
  const [, { privateKey }] = KEYS[1];
  const tbs = {
    serial: Uint8Array.of(1),
    signatureAlgorithm: 'ECDSA-SHA256',
    issuer: encodeName('x'),
    notBefore: 0,
    notAfter: 0,
    subject: encodeName(undefined),
    subjectPublicKeyInfo: exportPublicKey(privateKey),
    extensions: [],
  } as const;

  test('cannot have the serial 0 or one of 21 octets', () => {
    expect(() => encodeTbsCertificate({ ...tbs, serial: Uint8Array.of(0) })).toThrow(RangeError);
    expect(() => encodeTbsCertificate({ ...tbs, serial: new Uint8Array(20).fill(0xff) })).toThrow(RangeError);
    expect(
      encodeTbsCertificate({ ...tbs, serial: new Uint8Array(20).fill(0x7f) }).der.length,
    ).toBeGreaterThan(0);
  });

  test('is not signed by a key of another algorithm than it names', () => {
    expect(() => signCertificate(encodeTbsCertificate(tbs), KEYS[0][1].privateKey)).toThrow(
      /another algorithm/,
    );
  });
});

test('a common name of more than 64 characters is refused', () => {
  expect(() => encodeName('x'.repeat(65))).toThrow(RangeError);
});

test('a name in a request is ASCII, and an address an address', () => {
  const [, { privateKey }] = KEYS[1];
  expect(() => createCsr({ privateKey, dnsNames: ['ü.example'], ipAddresses: [] })).toThrow(RangeError);
  expect(() => createCsr({ privateKey, dnsNames: [], ipAddresses: ['1.2.3'] })).toThrow(RangeError);
});

test.each([
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', '20010db8000000000000000000000001'],
  ['::ffff:192.0.2.1', '::ffff:c000:201', '00000000000000000000ffffc0000201'],
  ['192.0.2.1', '192.0.2.1', 'c0000201'],
])('the address %s has one canonical text and its octets', (text, canonical, octets) => {
  expect(canonicalIpAddress(text)).toBe(canonical);
  expect(Buffer.from(ipAddressToBytes(text)).toString('hex')).toBe(octets);
});

describe('PEM', () => {
  test('is read as it was written, with anything around it', () => {
    for (const length of [0, 1, 47, 48, 49, 100]) {
      const der = new Uint8Array(length).fill(length);
      const text = `a comment\r\n${encodePem('CERTIFICATE', der)}\n${encodePem('PRIVATE KEY', Uint8Array.of(1))}`;
      expect(decodePem(text)).toEqual([
        { label: 'CERTIFICATE', der },
        { label: 'PRIVATE KEY', der: Uint8Array.of(1) },
      ]);
      expect(decodePem(text.replaceAll('\n', '\r\n'))).toHaveLength(2);
    }
  });

  test('skips a block that is damaged', () => {
    expect(decodePem('-----BEGIN X-----\nAAA\n-----END X-----\n')).toEqual([]);
    expect(decodePem('-----BEGIN X-----\nAAAA\n-----END Y-----\n')).toEqual([]);
  });
});
