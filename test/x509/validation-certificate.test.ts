import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeDer, encodeOctetString, encodeSequence } from '../../src/x509/der-writer.ts';
import { encodeName } from '../../src/x509/distinguished-name.ts';
import {
  findExtension,
  isSignedByItself,
  parseAcmeIdentifier,
  parseAlternativeNames,
  parseValidationCertificate,
} from '../../src/x509/validation-certificate.ts';
import { acmeIdentifier, digestOf, names, validationCertificate } from '../support/validation-certificate.ts';
import { hasOpenssl, openssl } from './openssl.ts';

const sound = validationCertificate({
  extensions: [names(['a.test'], ['192.0.2.1', '2001:db8::1']), acmeIdentifier()],
});

/** Reads all that is ever read of a certificate. Throws what it should not. */
function readAll(der: Uint8Array): readonly string[] {
  const parsed = parseValidationCertificate(der);
  const told = parsed.ok
    ? parsed.value.extensions.flatMap((extension) => [
        parseAlternativeNames(extension),
        parseAcmeIdentifier(extension),
      ])
    : [parsed];
  isSignedByItself(der);
  return told.map((result) => (result.ok ? 'read' : result.refusal.detail));
}

test('a sound certificate is read as it was made', () => {
  const parsed = parseValidationCertificate(sound.der);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  const { issuer, subject, issuerCommonName, extensions } = parsed.value;
  expect(issuer).toEqual(encodeName('acme'));
  expect(subject).toEqual(issuer);
  expect(issuerCommonName).toBe('acme');
  expect(extensions.map(({ oid, critical }) => [oid, critical])).toEqual([
    ['2.5.29.17', false],
    ['1.3.6.1.5.5.7.1.31', true],
  ]);
  const alternative = findExtension(parsed.value, 'subjectAlternativeName');
  const identifier = findExtension(parsed.value, 'acmeIdentifier');
  if (alternative === undefined || identifier === undefined) throw new Error('an extension was lost');
  expect(parseAlternativeNames(alternative)).toEqual({
    ok: true,
    value: { dnsNames: ['a.test'], ipAddresses: ['192.0.2.1', '2001:db8::1'], otherNames: [] },
  });
  expect(parseAcmeIdentifier(identifier)).toEqual({ ok: true, value: Buffer.from(digestOf()) });
  expect(new X509Certificate(sound.der).subjectAltName).toContain('DNS:a.test');
});

describe('signed by itself', () => {
  test('is a certificate whose own key made its signature', () => {
    expect(isSignedByItself(sound.der)).toBe(true);
  });

  test('is none that another key signed, whatever names it has', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(isSignedByItself(validationCertificate({ signer: privateKey }).der)).toBe(false);
  });

  test('is none of whose signed bytes one was changed', () => {
    const changed = Uint8Array.from(sound.der);
    const at = Buffer.from(changed).indexOf('a.test');
    changed[at] = 0x62;
    expect(parseValidationCertificate(changed).ok).toBe(true);
    expect(isSignedByItself(changed)).toBe(false);
  });

  test('is nothing that is no certificate', () => {
    expect(isSignedByItself(Buffer.from('3000', 'hex'))).toBe(false);
    expect(isSignedByItself(new Uint8Array())).toBe(false);
  });

  test.skipIf(!hasOpenssl)('are certificates that openssl makes, also with RSASSA-PSS and Ed448', () => {
    const made = (...key: readonly string[]) => {
      const fixed = ['-nodes', '-keyout', '/dev/null', '-outform', 'DER', '-subj', '/CN=a', '-days', '1'];
      return openssl(['req', '-x509', ...key, ...fixed]);
    };
    for (const der of [
      made('-newkey', 'ed448'),
      made('-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'),
      made('-newkey', 'rsa:2048', '-sha384', '-sigopt', 'rsa_padding_mode:pss'),
      made('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'),
    ]) {
      expect(isSignedByItself(der)).toBe(true);
      expect(parseValidationCertificate(der).ok).toBe(true);
    }
  });
});

describe('a hostile certificate', () => {
  test('of which a byte was changed is read or refused with a sentence, and throws nothing', () => {
    for (let at = 0; at < sound.der.length; at += 1) {
      for (const bits of [0x01, 0x20, 0x80, 0xff]) {
        const damaged = Uint8Array.from(sound.der);
        damaged[at] = (damaged[at] ?? 0) ^ bits;
        for (const told of readAll(damaged)) expect(told).toMatch(/^(read|.*\.)$/);
      }
    }
  });

  test('that is cut off anywhere is refused', () => {
    for (let length = 0; length < sound.der.length; length += 1)
      expect(parseValidationCertificate(sound.der.subarray(0, length)).ok).toBe(false);
  });

  test('with extensions of any bytes throws nothing', () => {
    const bytes = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(bytes, bytes, fc.boolean(), (first, second, wrap) => {
        const value = wrap ? encodeSequence(encodeDer(0x82, first), encodeDer(0x87, second)) : first;
        const extension = { oid: '2.5.29.17', critical: false, value };
        parseAlternativeNames(extension);
        parseAcmeIdentifier(extension);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Uint8Array, string]>([
    ['is larger than 16 kB', encodeSequence(encodeOctetString(new Uint8Array(16_384))), 'too-large'],
    ['is nested deeper than 32 levels', nested(40), 'too-deep'],
    ['is BER', Buffer.from('3080020101 0000'.replace(' ', ''), 'hex'), 'not-der'],
    ['is DER of another shape', encodeSequence(), 'structure'],
  ])('that %s is refused', (_, der, reason) => {
    expect(parseValidationCertificate(der)).toMatchObject({ ok: false, refusal: { reason } });
  });

  test('without a subject, whose issuer has no common name that can be read, is read', () => {
    const nameless = validationCertificate({
      subject: encodeSequence(encodeDer(0x31, encodeSequence(encodeOctetString(Buffer.of(1))))),
    });
    const parsed = parseValidationCertificate(nameless.der);
    expect(parsed.ok && parsed.value.issuerCommonName).toBeUndefined();
  });
});

function nested(depth: number): Uint8Array {
  let der = encodeSequence();
  for (let level = 0; level < depth; level += 1) der = encodeSequence(der);
  return der;
}
