import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, test } from 'vitest';
import { algorithmFitsKey, algorithmOfKey, SIGNATURE_ALGORITHMS } from '../../src/jws/algorithms.ts';
import { importPublicKey, jwkThumbprint } from '../../src/jws/public-key.ts';
import { generateAccountKey } from '../../src/jws/sign.ts';

const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const P521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey.export({ format: 'jwk' });
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
const ED25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });

function octets(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url');
}

function shifted(text: string | undefined): string {
  return Buffer.concat([Buffer.from([0]), octets(text)]).toString('base64url');
}

/** 32 octets, little-endian, as RFC 8032 section 5.1.2 encodes a point. */
function ed25519(y: bigint): object {
  const x = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse().toString('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x };
}

describe('imports a key of each kind, with the thumbprint that jose gives it', () => {
  test.each(SIGNATURE_ALGORITHMS)('%s', async (algorithm) => {
    const { jwk, thumbprint } = await generateAccountKey(algorithm);
    const result = importPublicKey({ ...jwk, use: 'sig', 'x-extra': 1 });
    if (!result.ok) throw new Error(result.refusal.detail);
    expect(result.value.jwk).toEqual(jwk);
    expect(result.value.thumbprint).toBe(thumbprint);
    expect(thumbprint).toBe(await calculateJwkThumbprint(jwk));
    expect(algorithmOfKey(jwk)).toBe(algorithm);
    expect(SIGNATURE_ALGORITHMS.filter((name) => algorithmFitsKey(name, jwk))).toEqual([algorithm]);
  });
});

test('computes the thumbprint of the example of RFC 7638 section 3.1', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
  expect(jwkThumbprint({ kty: 'RSA', n, e: 'AQAB' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
});

test('reads the key of the example of RFC 8037 appendix A.2', () => {
  const result = importPublicKey({
    kty: 'OKP',
    crv: 'Ed25519',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  });
  expect(result.ok && result.value.thumbprint).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test('reports the alg that the key declares', () => {
  const result = importPublicKey({ ...P256, alg: 'ES512' });
  expect(result.ok && result.value.declaredAlgorithm).toBe('ES512');
});

const FIELD = 2n ** 255n - 19n;
/** y of points of order 8 of edwards25519: a root of d y^4 + 2 y^2 = 1, so that twice the point has y = 0. */
const ORDER_8 = BigInt('0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7');

const REFUSED: readonly (readonly [claim: string, jwk: unknown, reason: string])[] = [
  ['a text', 'key', 'not-an-object'],
  ['null', null, 'not-an-object'],
  ['a list', [P256], 'not-an-object'],
  ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'symmetric-key'],
  [
    'a private EC key',
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    'private-key',
  ],
  ['a private RSA member', { ...RSA, qi: 'AQ' }, 'private-key'],
  ['a private Ed25519 member', { ...ED25519, d: 'AQ' }, 'private-key'],
  ['no kty', {}, 'unsupported-type'],
  ['an unknown kty', { kty: 'ec' }, 'unsupported-type'],
  ['secp256k1', { ...P256, crv: 'secp256k1' }, 'unsupported-curve'],
  ['Ed448', { ...ED25519, crv: 'Ed448' }, 'unsupported-curve'],
  ['X25519', { ...ED25519, crv: 'X25519' }, 'unsupported-curve'],
  ['no crv', { kty: 'EC', x: P256.x, y: P256.y }, 'unsupported-curve'],
  ['no y', { kty: 'EC', crv: 'P-256', x: P256.x }, 'bad-member'],
  ['a coordinate that is a number', { ...P256, x: 5 }, 'bad-member'],
  ['padding', { ...P256, x: `${P256.x}=` }, 'bad-member'],
  ['an alg that is a number', { ...P256, alg: 7 }, 'bad-member'],
  ['a coordinate that is too long', { ...P256, x: shifted(P256.x) }, 'bad-length'],
  [
    'a coordinate that is too short',
    { ...P256, x: octets(P256.x).subarray(1).toString('base64url') },
    'bad-length',
  ],
  ['coordinates of another curve', { ...P521, crv: 'P-256' }, 'bad-length'],
  ['a point off P-256', { ...P256, y: P256.x }, 'not-on-curve'],
  [
    'a P-256 coordinate beyond the field',
    { ...P256, x: Buffer.alloc(32, 0xff).toString('base64url') },
    'not-on-curve',
  ],
  ['a point off P-521', { ...P521, y: P521.x }, 'not-on-curve'],
  ['a modulus with a leading zero octet', { ...RSA, n: shifted(RSA.n) }, 'bad-member'],
  ['an empty modulus', { ...RSA, n: '' }, 'bad-member'],
  ['an exponent with a leading zero octet', { ...RSA, e: 'AAEAAQ' }, 'bad-member'],
  ['a giant modulus', { ...RSA, n: Buffer.alloc(4000, 7).toString('base64url') }, 'bad-length'],
  ['a giant exponent', { ...RSA, e: Buffer.alloc(256, 7).toString('base64url') }, 'bad-length'],
  ['an Ed25519 key of 33 octets', { ...ED25519, x: shifted(ED25519.x) }, 'bad-length'],
  ['an Ed25519 y without a point (y = 2)', ed25519(2n), 'not-on-curve'],
  ['an Ed25519 y beyond the field', ed25519(FIELD + 3n), 'not-on-curve'],
  ['the neutral element of Ed25519', ed25519(1n), 'not-on-curve'],
  ['the point of order 2 of Ed25519', ed25519(FIELD - 1n), 'not-on-curve'],
  ['a point of order 4 of Ed25519', ed25519(0n), 'not-on-curve'],
  ['a point of order 8 of Ed25519', ed25519(ORDER_8), 'not-on-curve'],
  ['another point of order 8 of Ed25519', ed25519(FIELD - ORDER_8), 'not-on-curve'],
];

describe('refuses', () => {
  test.each(REFUSED)('%s', (_claim, jwk, reason) => {
    const result = importPublicKey(jwk);
    expect(result.ok ? 'accepted' : result.refusal.reason).toBe(reason);
    expect(result.ok ? '' : result.refusal.detail).toMatch(/^["T].*\.$/);
  });
});

test('takes the y next to that of a point of order 8, whose order is large', () => {
  // One of a few successors is on the curve; none of them is of small order.
  const near = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].filter((step) => importPublicKey(ed25519(ORDER_8 + step)).ok);
  expect(near.length).toBeGreaterThan(0);
});
