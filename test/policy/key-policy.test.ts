import { generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkAccountKey, checkCertificateKey } from '../../src/policy/key-policy.ts';
import { hasRocaFingerprint, hasSmallFactor, isFermatFactorable } from '../../src/policy/rsa-weakness.ts';
import type { PublicKey } from '../../src/x509/public-key.ts';

const SMALL_PRIMES: readonly number[] = Array.from({ length: 751 }, (_, index) => index + 1).filter(
  (candidate) =>
    candidate > 1 &&
    Array.from({ length: candidate }, (_, index) => index).every(
      (divisor) => divisor < 2 || candidate % divisor !== 0,
    ),
);

function octets(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function bitsOf(value: bigint): number {
  return value.toString(2).length;
}

function rsa(modulus: bigint, exponent = 65537n): PublicKey {
  return { type: 'RSA', modulus: octets(modulus), exponent: octets(exponent) };
}

/** What both policies say about an RSA key; they must agree. */
function judge(modulus: bigint, exponent = 65537n): string {
  const certificate = checkCertificateKey(rsa(modulus, exponent));
  const account = checkAccountKey({
    kty: 'RSA',
    n: Buffer.from(octets(modulus)).toString('base64url'),
    e: Buffer.from(octets(exponent)).toString('base64url'),
  });
  expect(account).toEqual(certificate);
  return certificate.ok ? 'good' : certificate.refusal.reason;
}

function prime(bits: number): bigint {
  return generatePrimeSync(bits, { bigint: true });
}

/** A modulus of exactly so many bits, of two primes of half of them. */
function modulus(bits: number): bigint {
  for (;;) {
    const product = prime(bits / 2) * prime(bits / 2);
    if (bitsOf(product) === bits) return product;
  }
}

const SOUND = modulus(2048);

function power(base: bigint, exponent: bigint, modulusOfPower: bigint): bigint {
  let result = 1n;
  let square = base % modulusOfPower;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulusOfPower;
    square = (square * square) % modulusOfPower;
  }
  return result;
}

/** As the faulty library makes a 2048-bit modulus: k * M + (65537^a mod M), M the product of the first 126 primes. */
function rocaFactor(): bigint {
  const M = SMALL_PRIMES.slice(0, 126).reduce((product, each) => product * BigInt(each), 1n);
  const residue = power(65537n, prime(64), M);
  // The two highest bits are set, so that the product of two factors has twice their length.
  const k = ((3n << 1022n) + prime(900)) / M;
  const factor = k * M + residue;
  // It need not be prime here, but one of the small primes beyond M would be found first.
  return hasSmallFactor(factor) ? rocaFactor() : factor;
}

describe('an RSA key', () => {
  test.each([2048, 3072, 4096])(
    'of %i bits is good',
    (bits) => {
      const { n } = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
      expect(checkAccountKey({ kty: 'RSA', n: n ?? '', e: 'AQAB' })).toEqual({ ok: true, value: undefined });
    },
    60_000,
  );

  test.each([
    ['1024 bits', (1n << 1023n) + 1n],
    ['2047 bits', (1n << 2046n) + 1n],
    ['2049 bits', (1n << 2048n) + 1n],
    ['2056 bits, which others allow', (1n << 2055n) + 1n],
    ['8192 bits', (1n << 8191n) + 1n],
    ['1 bit', 1n],
    ['no bits', 0n],
  ])('of %s is refused by its size', (_claim, value) => {
    expect(judge(value)).toBe('rsa-size');
  });

  test.each([1n, 3n, 17n, 65536n, 65539n, (1n << 64n) + 65537n])(
    'with exponent %s is refused',
    (exponent) => {
      expect(judge(SOUND, exponent)).toBe('rsa-exponent');
    },
  );

  test('with any prime factor up to 751 is refused', () => {
    for (const factor of SMALL_PRIMES) {
      expect([factor, hasSmallFactor(BigInt(factor) * prime(256))]).toEqual([factor, true]);
    }
    // 757 is the next prime.
    expect(hasSmallFactor(757n * prime(256))).toBe(false);
    expect(judge(((1n << 2047n) / 751n + 1n) * 751n)).toBe('rsa-small-factor');
  });

  test('with the fingerprint of ROCA is refused (CVE-2017-15361)', () => {
    const weak = rocaFactor() * rocaFactor();
    expect(bitsOf(weak)).toBe(2048);
    expect(judge(weak)).toBe('rsa-roca');
    // The fingerprint is a property of the residues: a small step away it is gone.
    expect(hasRocaFingerprint(weak + 2n)).toBe(false);
  });

  test('whose primes are close together is refused (Fermat)', () => {
    const p = prime(1024) | (3n << 1022n);
    const next = (from: bigint, step: bigint) => from + step;
    // Whether they are prime does not matter to the method; that the small factors are not found first does.
    for (let step = 2n; step < 4000n; step += 2n) {
      const weak = p * next(p, step);
      if (hasSmallFactor(weak)) continue;
      expect(judge(weak)).toBe('rsa-close-primes');
      return;
    }
    throw new Error('no candidate without small factors');
  });

  test('is looked at for as many rounds as told, not fewer and not more', () => {
    // n = (a - b)(a + b) with a just so many steps above the square root of n.
    const root = 1n << 200n;
    for (const rounds of [1, 2, 50, 110]) {
      let b = 1n;
      const roundsFor = (candidate: bigint) => {
        const a = root;
        const n = a * a - candidate * candidate;
        let lowest = a;
        while ((lowest - 1n) * (lowest - 1n) >= n) lowest -= 1n;
        return { n, needed: Number(a - lowest) + 1 };
      };
      while (roundsFor(b).needed < rounds) b += 1n << 99n;
      const { n, needed } = roundsFor(b);
      expect(isFermatFactorable(n, needed)).toBe(true);
      if (needed > 1) expect(isFermatFactorable(n, needed - 1)).toBe(false);
    }
  });

  test('that is a square is refused', () => {
    expect(isFermatFactorable(prime(1024) ** 2n, 1)).toBe(true);
  });
});

test('curves: accounts may have P-256, P-384, P-521 and Ed25519, certificates P-256 and P-384', () => {
  const x = new Uint8Array();
  const verdictOnCertificate = (key: PublicKey) => {
    const result = checkCertificateKey(key);
    return result.ok ? 'good' : result.refusal.reason;
  };
  expect(checkAccountKey({ kty: 'EC', crv: 'P-521', x: '', y: '' }).ok).toBe(true);
  expect(checkAccountKey({ kty: 'EC', crv: 'P-256', x: '', y: '' }).ok).toBe(true);
  expect(checkAccountKey({ kty: 'OKP', crv: 'Ed25519', x: '' }).ok).toBe(true);
  expect(verdictOnCertificate({ type: 'EC', curve: 'P-256', x, y: x })).toBe('good');
  expect(verdictOnCertificate({ type: 'EC', curve: 'P-384', x, y: x })).toBe('good');
  expect(verdictOnCertificate({ type: 'EC', curve: 'P-521', x, y: x })).toBe('curve');
  expect(verdictOnCertificate({ type: 'Ed25519', x })).toBe('type');
  expect(verdictOnCertificate({ type: 'other', algorithm: '1.3.132.0.10' })).toBe('type');
});
