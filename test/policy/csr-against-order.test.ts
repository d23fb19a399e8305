import { describe, expect, test } from 'vitest';
import { checkCsr } from '../../src/policy/csr-against-order.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import type { CertificateRequest } from '../../src/x509/csr.ts';

const SOUND: CertificateRequest = {
  subjectPublicKeyInfo: new Uint8Array(),
  publicKey: { type: 'EC', curve: 'P-256', x: Buffer.from('x'), y: Buffer.from('y') },
  signatureAlgorithm: 'ECDSA-SHA256',
  signatureAlgorithmOid: '1.2.840.10045.4.3.2',
  signatureValid: true,
  commonNames: [],
  dnsNames: ['a.example', 'b.example'],
  ipAddresses: [],
  otherNames: [],
  extensions: ['2.5.29.17'],
  mustStaple: false,
};

function dns(...values: readonly string[]): readonly Identifier[] {
  return values.map((value) => ({ type: 'dns', value }));
}

const ORDER = dns('a.example', 'b.example');

function outcome(change: Partial<CertificateRequest>, order = ORDER): string {
  const result = checkCsr({ ...SOUND, ...change }, order);
  return result.ok ? `CN=${result.value.commonName ?? ''}` : result.refusal.code;
}

const LONG = `${'l'.repeat(60)}.example`;
const EXACTLY_64 = `${'m'.repeat(56)}.example`;

type SameNames = readonly [
  claim: string,
  change: Partial<CertificateRequest>,
  expected: string,
  order: readonly Identifier[],
];

const SAME_NAMES: readonly SameNames[] = [
  ['the names in another order', { dnsNames: ['b.example', 'a.example'] }, 'CN=b.example', ORDER],
  ['names in upper case', { dnsNames: ['A.Example', 'B.EXAMPLE'] }, 'CN=a.example', ORDER],
  ['a name twice', { dnsNames: ['a.example', 'b.example', 'a.example'] }, 'CN=a.example', ORDER],
  ['a common name among them', { commonNames: ['b.example'] }, 'CN=b.example', ORDER],
  ['a common name in upper case', { commonNames: ['B.Example'] }, 'CN=b.example', ORDER],
  [
    'a name in the common name alone',
    { commonNames: ['b.example'], dnsNames: ['a.example'] },
    'CN=b.example',
    ORDER,
  ],
  ['an empty common name', { commonNames: [''] }, 'CN=a.example', ORDER],
  [
    'a wildcard',
    { dnsNames: ['*.example', 'a.b.example'] },
    'CN=*.example',
    [...dns('a.b.example', '*.example')],
  ],
  [
    'addresses beside names',
    { dnsNames: ['a.example'], ipAddresses: ['192.0.2.1'] },
    'CN=a.example',
    [...dns('a.example'), { type: 'ip', value: '192.0.2.1' }],
  ],
  [
    'addresses alone, which make no common name',
    { dnsNames: [], ipAddresses: ['2001:db8::1'] },
    'CN=',
    [{ type: 'ip', value: '2001:db8::1' }],
  ],
  [
    'a common name of more than 64 characters, which is left out',
    { commonNames: [LONG], dnsNames: [LONG, 'a.example'] },
    'CN=',
    [...dns('a.example', LONG)],
  ],
  [
    'a long name before a short one, which becomes the common name',
    { dnsNames: [LONG, EXACTLY_64] },
    `CN=${EXACTLY_64}`,
    [...dns(EXACTLY_64, LONG)],
  ],
];

describe('accepts a CSR with', () => {
  test.each(SAME_NAMES)('%s', (_claim, change, expected, order) => {
    expect(outcome(change, order)).toBe(expected);
  });

  test.each([
    'RSA-SHA256',
    'RSA-SHA384',
    'RSA-SHA512',
    'ECDSA-SHA256',
    'ECDSA-SHA384',
    'ECDSA-SHA512',
  ] as const)('a signature of %s', (signatureAlgorithm) => {
    expect(outcome({ signatureAlgorithm })).toBe('CN=a.example');
  });
});

const REFUSED: readonly (readonly [claim: string, Partial<CertificateRequest>, string])[] = [
  ['a name too few', { dnsNames: ['a.example'] }, 'badCSR'],
  ['a name too many', { dnsNames: ['a.example', 'b.example', 'c.example'] }, 'badCSR'],
  ['another name', { dnsNames: ['a.example', 'c.example'] }, 'badCSR'],
  ['a common name that was not ordered', { commonNames: ['c.example'] }, 'badCSR'],
  ['two common names', { commonNames: ['a.example', 'b.example'] }, 'badCSR'],
  ['a common name that is an address', { commonNames: ['192.0.2.1'] }, 'badCSR'],
  ['an address that was not ordered', { ipAddresses: ['192.0.2.1'] }, 'badCSR'],
  ['an address as a DNS name', { dnsNames: ['a.example', 'b.example', '192.0.2.1'] }, 'badCSR'],
  ['a trailing dot', { dnsNames: ['a.example.', 'b.example'] }, 'badCSR'],
  ['a letter that only Unicode folds to k', { commonNames: ['\u212A.example'] }, 'badCSR'],
  ['no name', { dnsNames: [] }, 'badCSR'],
  ['an e-mail address', { otherNames: ['email'] }, 'badCSR'],
  ['a URI', { otherNames: ['uri'] }, 'badCSR'],
  ['a name of another kind', { otherNames: ['otherName'] }, 'badCSR'],
  ['must-staple', { mustStaple: true }, 'badCSR'],
  ['a bad signature', { signatureValid: false }, 'badCSR'],
  ['SHA-1', { signatureAlgorithm: 'RSA-SHA1' }, 'badCSR'],
  ['ECDSA with SHA-1', { signatureAlgorithm: 'ECDSA-SHA1' }, 'badCSR'],
  ['an Ed25519 signature', { signatureAlgorithm: 'Ed25519' }, 'badCSR'],
  [
    'RSASSA-PSS',
    { signatureAlgorithm: 'unsupported', signatureAlgorithmOid: '1.2.840.113549.1.1.10' },
    'badCSR',
  ],
  [
    'a P-521 key',
    { publicKey: { type: 'EC', curve: 'P-521', x: Buffer.from('x'), y: Buffer.from('y') } },
    'badCSR',
  ],
  [
    'a short RSA key',
    { publicKey: { type: 'RSA', modulus: Buffer.alloc(128, 0xff), exponent: Buffer.from([1, 0, 1]) } },
    'badCSR',
  ],
];

describe('refuses a CSR with', () => {
  test.each(REFUSED)('%s', (_claim, change, code) => {
    expect(outcome(change)).toBe(code);
  });
});

test('says which names are missing and which are too many', () => {
  const result = checkCsr({ ...SOUND, dnsNames: ['a.example', 'c.example'] }, ORDER);
  expect(result.ok ? '' : result.refusal.detail).toBe(
    'The CSR does not name exactly the identifiers of the order: it lacks "b.example", and it has "c.example", which the order has not.',
  );
});
