import type { KeyObject } from 'node:crypto';
import { createPublicKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { flattenedVerify } from 'jose';
import { beforeAll, expect, test, vi } from 'vitest';
import type { SignatureAlgorithm } from '../../src/jws/algorithms.ts';
import { SIGNATURE_ALGORITHMS } from '../../src/jws/algorithms.ts';
import { parseFlattenedJws } from '../../src/jws/flattened-jws.ts';
import type { ImportedKey } from '../../src/jws/public-key.ts';
import { importPublicKey } from '../../src/jws/public-key.ts';
import type { AccountKey, SignedJws } from '../../src/jws/sign.ts';
import { generateAccountKey, signFlattenedJws } from '../../src/jws/sign.ts';
import { createSignatureVerifier } from '../../src/jws/verify.ts';

interface Signer extends AccountKey {
  readonly imported: ImportedKey;
}

const signers = new Map<SignatureAlgorithm, Signer>();
const onMainThread = createSignatureVerifier({ requestsInFlight: () => 8 });
const inThreadPool = createSignatureVerifier({ requestsInFlight: () => 9 });

beforeAll(async () => {
  for (const algorithm of SIGNATURE_ALGORITHMS) {
    const key = await generateAccountKey(algorithm);
    const imported = importPublicKey(key.jwk);
    if (!imported.ok) throw new Error(imported.refusal.detail);
    signers.set(algorithm, { ...key, imported: imported.value });
  }
});

function signerOf(algorithm: SignatureAlgorithm): Signer {
  const signer = signers.get(algorithm);
  if (signer === undefined) throw new Error(`no key for ${algorithm}`);
  return signer;
}

const DAMAGES = [
  'none',
  'protected',
  'payload',
  'signature',
  'truncated',
  'extended',
  'zeroed',
  'der',
] as const;
type Damage = (typeof DAMAGES)[number];

function flipBit(text: string, position: number): string {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0) return 'AA';
  const index = position % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (position % 8));
  return bytes.toString('base64url');
}

/** The damaged JWS in canonical base64url, so that both verifiers get as far as the signature. */
function damage(jws: SignedJws, kind: Damage, position: number, signer: Signer): SignedJws {
  const signature = Buffer.from(jws.signature, 'base64url');
  switch (kind) {
    case 'none':
      return jws;
    case 'protected':
    case 'payload':
    case 'signature':
      return { ...jws, [kind]: flipBit(jws[kind], position) };
    case 'truncated':
      return {
        ...jws,
        signature: signature.subarray(0, 1 + (position % (signature.length - 1))).toString('base64url'),
      };
    case 'extended':
      return { ...jws, signature: Buffer.concat([signature, Buffer.from([0])]).toString('base64url') };
    case 'zeroed':
      return { ...jws, signature: Buffer.alloc(signature.length).toString('base64url') };
    case 'der':
      return { ...jws, signature: derSignature(jws, signer).toString('base64url') };
  }
}

/** What OpenSSL writes of itself: for ECDSA a DER sequence, which RFC 7518 section 3.4 does not allow. */
function derSignature(jws: SignedJws, { algorithm, privateKey }: Signer): Buffer {
  const hash = { RS256: 'sha1', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', EdDSA: undefined }[
    algorithm
  ];
  return sign(hash, Buffer.from(`${jws.protected}.${jws.payload}`), privateKey);
}

async function joseAccepts(jws: SignedJws, key: KeyObject): Promise<boolean> {
  try {
    await flattenedVerify({ ...jws }, key, { algorithms: [...SIGNATURE_ALGORITHMS] });
    return true;
  } catch {
    return false;
  }
}

async function weAccept(jws: SignedJws, key: ImportedKey, verifier = onMainThread): Promise<boolean> {
  const parsed = parseFlattenedJws(Buffer.from(JSON.stringify(jws)));
  return parsed.ok && verifier.verify(parsed.value, key);
}

test('agrees with jose on sound and damaged signatures, on the main thread and in the pool', async () => {
  const seen = { accepted: 0, refused: 0 };
  const oneOfAlgorithms = fc.constantFrom(...SIGNATURE_ALGORITHMS);
  await fc.assert(
    fc.asyncProperty(
      oneOfAlgorithms,
      fc.oneof(fc.constant(undefined), oneOfAlgorithms),
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...DAMAGES),
      fc.nat(1_000_000),
      async (algorithm, otherKey, payload, kind, position) => {
        const signer = signerOf(algorithm);
        const key = signerOf(otherKey ?? algorithm).imported;
        const jws = damage(
          await signFlattenedJws({
            privateKey: signer.privateKey,
            algorithm,
            protectedHeader: { nonce: `n${position}`, url: 'https://ca.test/order', jwk: signer.jwk },
            payload,
          }),
          kind,
          position,
          signer,
        );
        const expected = await joseAccepts(jws, key.keyObject);
        expect(await weAccept(jws, key)).toBe(expected);
        expect(await weAccept(jws, key, inThreadPool)).toBe(expected);
        seen[expected ? 'accepted' : 'refused'] += 1;
      },
    ),
    { numRuns: 400 },
  );
  expect(seen.accepted).toBeGreaterThan(20);
  expect(seen.refused).toBeGreaterThan(100);
});

test('refuses an algorithm that is not accepted, whatever the key', async () => {
  const { imported, privateKey } = signerOf('RS256');
  const protectedText = Buffer.from('{"alg":"RS384"}').toString('base64url');
  const signature = sign('sha384', Buffer.from(`${protectedText}.`), privateKey).toString('base64url');
  const jws = { protected: protectedText, payload: '', signature };
  expect(await weAccept(jws, imported)).toBe(false);
  expect(
    await weAccept({ ...jws, protected: Buffer.from('{"alg":"none"}').toString('base64url') }, imported),
  ).toBe(false);
});

test('refuses an ES256 signature by a P-384 key, whose lengths differ', async () => {
  const { privateKey, imported } = signerOf('ES384');
  const protectedText = Buffer.from('{"alg":"ES256"}').toString('base64url');
  const signature = sign('sha256', Buffer.from(`${protectedText}.`), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
  expect(await weAccept({ protected: protectedText, payload: '', signature }, imported)).toBe(false);
});

test.each(['ES256', 'ES384', 'ES512', 'EdDSA'] as const)(
  'refuses a %s signature of any length but the exact one (RFC 7518 section 3.4)',
  async (algorithm) => {
    const { privateKey, imported, jwk } = signerOf(algorithm);
    const jws = await signFlattenedJws({
      privateKey,
      algorithm,
      protectedHeader: { url: 'u', jwk },
      payload: '',
    });
    const exact = Buffer.from(jws.signature, 'base64url');
    for (let length = 1; length <= exact.length + 4; length += 1) {
      const signature = Buffer.concat([exact, Buffer.alloc(4)])
        .subarray(0, length)
        .toString('base64url');
      for (const verifier of [onMainThread, inThreadPool]) {
        expect([length, await weAccept({ ...jws, signature }, imported, verifier)]).toEqual([
          length,
          length === exact.length,
        ]);
      }
    }
  },
);

test('verifies the example of RFC 7515 appendix A.3 (ES256)', async () => {
  const key = importPublicKey({
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  });
  if (!key.ok) throw new Error(key.refusal.detail);
  const jws = {
    protected: 'eyJhbGciOiJFUzI1NiJ9',
    payload: 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
    signature: 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  };
  expect(await weAccept(jws, key.value)).toBe(true);
});

test('asks how many requests are in flight at each signature, and gives the pool those beyond the limit', async () => {
  const { privateKey, imported, jwk } = signerOf('ES256');
  const jws = await signFlattenedJws({
    privateKey,
    algorithm: 'ES256',
    protectedHeader: { url: 'u', jwk },
    payload: '',
  });
  const parsed = parseFlattenedJws(Buffer.from(JSON.stringify(jws)));
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  const requestsInFlight = vi.fn(() => 1);
  const verifier = createSignatureVerifier({ requestsInFlight, mainThreadUpTo: 1 });
  const order: string[] = [];
  const note = (name: string) => (valid: boolean) => order.push(`${name} ${valid}`);
  requestsInFlight.mockReturnValueOnce(2);
  const pooled = verifier.verify(parsed.value, imported).then(note('pool'));
  const direct = verifier.verify(parsed.value, imported).then(note('main'));
  await Promise.all([pooled, direct]);
  // The pool answers by an event, which comes after what is settled already.
  expect(order).toEqual(['main true', 'pool true']);
  expect(requestsInFlight).toHaveBeenCalledTimes(2);
});

test('the pool refuses quietly a key that cannot verify by the algorithm', async () => {
  const { privateKey, jwk } = signerOf('ES256');
  const jws = await signFlattenedJws({
    privateKey,
    algorithm: 'ES256',
    protectedHeader: { url: 'u', jwk },
    payload: '',
  });
  const wrong = createPublicKey({ key: { ...signerOf('EdDSA').jwk }, format: 'jwk' });
  const parsed = parseFlattenedJws(Buffer.from(JSON.stringify(jws)));
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  await expect(inThreadPool.verify(parsed.value, { jwk, keyObject: wrong })).resolves.toBe(false);
});
