import type { KeyObject } from 'node:crypto';
import { createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { createCsr } from '../../src/x509/create-csr.ts';
import type { FuzzAnswer } from './fuzz-target.ts';
import type { FuzzWorld } from './fuzz-world.ts';
import { READY_NAMES } from './fuzz-world.ts';
import type { DerMutation, DerTree } from './hostile-der.ts';
import { breaksDer, derMutation, mutateDer, readSound, writeDer } from './hostile-der.ts';
import { judge } from './oracle.ts';
import type { NoncePurse } from './signed-requests.ts';
import { objectIn, post } from './signed-requests.ts';
import { encode, signTexts } from './signing.ts';

const KEYS = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  secp256k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
  Ed25519: generateKeyPairSync('ed25519').privateKey,
  'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'RSA 1024': generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
  'RSA 2056': generateKeyPairSync('rsa', { modulusLength: 2056 }).privateKey,
  'RSA with exponent 3': generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey,
} as const;

const STRANGER = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

type KeyName = keyof typeof KEYS;

/** Those that a certificate may have; any other is refused however well the request is signed. */
const GOOD_KEYS: readonly KeyName[] = ['P-256', 'P-384', 'RSA 2048'];

/** A certification request that was spoilt inside and then signed by its key, so that proof of possession is good. */
export interface CsrLie {
  readonly key: KeyName;
  readonly inside: readonly DerMutation[];
  /** Of the finished request: signature and its algorithm included. */
  readonly outside: readonly DerMutation[];
  readonly commonName: string | undefined;
  /** Signed by another key than the one in it. */
  readonly byStranger: boolean;
}

export const csrLie: fc.Arbitrary<CsrLie> = fc.record({
  key: fc.oneof(
    { weight: 6, arbitrary: fc.constant<KeyName>('P-256') },
    fc.constantFrom(...(Object.keys(KEYS) as KeyName[])),
  ),
  inside: fc.oneof(
    { weight: 5, arbitrary: fc.array(derMutation, { minLength: 1, maxLength: 3 }) },
    // Nothing else is wrong with what is only forged.
    fc.constant([]),
  ),
  outside: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(derMutation, { minLength: 1, maxLength: 1 }),
  ),
  commonName: fc.constantFrom(undefined, 'fuzz.localhost'),
  byStranger: fc.integer({ min: 0, max: 9 }).map((number) => number === 9),
});

/** Finalizes a ready order with the request; a certificate may come of it only with exactly the names of the order. */
export async function tellCsr(world: FuzzWorld, purse: NoncePurse, lie: CsrLie): Promise<void> {
  const { finalize } = await world.readyOrder();
  const { der, isForged } = csrOf(lie);
  const before = world.target.dataVersion();
  const answer = await postSigned(world, purse, finalize, { csr: der.toString('base64url') });
  const mustFail =
    isForged ||
    !GOOD_KEYS.includes(lie.key) ||
    [...lie.inside.slice(-1), ...lie.outside.slice(-1)].some(breaksDer);
  const code = judge(
    answer,
    { codes: ['badCSR', 'malformed'], success: !mustFail, requestLength: der.length * 2 },
    `finalize with a ${lie.key} request ${der.toString('hex').slice(0, 3_000)}`,
  );
  if (code === 'malformed')
    expect(der.length, 'malformed is for requests that hold no CSR').toBeGreaterThan(30_000);
  if (code !== undefined) {
    expect(world.target.dataVersion(), `a refused request has changed the database: ${answer.text}`).toBe(
      before,
    );
    return;
  }
  world.spend('readyOrder');
  await requireSoundCertificate(world, answer, KEYS[lie.key]);
}

async function requireSoundCertificate(world: FuzzWorld, answer: FuzzAnswer, key: KeyObject): Promise<void> {
  const { certificate } = objectIn(answer);
  const download = await world.client.post(new URL(String(certificate)).pathname);
  const leaf = new X509Certificate(download.text);
  const names = String(leaf.subjectAltName).split(', ').sort();
  expect(names).toEqual(READY_NAMES.map(({ value }) => `DNS:${value}`).sort());
  expect(leaf.subject ?? 'CN=fuzz.localhost').toMatch(/^CN=(?:www\.)?fuzz\.localhost$/);
  expect(leaf.ca).toBe(false);
  const spki = (object: KeyObject) => object.export({ type: 'spki', format: 'der' }).toString('hex');
  expect(spki(leaf.publicKey)).toBe(spki(createPublicKey(key)));
}

/** The request, and whether its signature is another's, or it was changed afterwards, which no EC signature survives. */
function csrOf({ key, inside, outside, commonName, byStranger }: CsrLie): {
  readonly der: Buffer;
  readonly isForged: boolean;
} {
  const sound = soundCsr(KEYS[key], commonName);
  const [info, ...others] = sound.children ?? [];
  if (info === undefined) throw new Error('unreachable: a request has an inside');
  const spoilt = inside.reduce(mutateDer, info);
  const resigned = resign({ ...sound, children: [spoilt, ...others] }, byStranger ? STRANGER : KEYS[key]);
  const der = writeDer(outside.reduce(mutateDer, resigned));
  return { der, isForged: byStranger || (key.startsWith('P-') && !der.equals(writeDer(resigned))) };
}

/** A request for the names of the order; for keys that the product's own maker does not take, with the key put in. */
function soundCsr(key: KeyObject, commonName: string | undefined): DerTree {
  const usual = {
    dnsNames: READY_NAMES.map(({ value }) => value),
    ipAddresses: [],
    ...(commonName === undefined ? {} : { commonName }),
  };
  const sound = readSound(createCsr({ privateKey: KEYS['P-256'], ...usual }));
  const [info, algorithm, signature] = sound.children ?? [];
  const [version, subject, , attributes] = info?.children ?? [];
  const spki = readSound(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const all = [version, subject, spki, attributes].filter((each) => each !== undefined);
  if (info === undefined || algorithm === undefined || signature === undefined)
    throw new Error('unreachable: no request');
  return { ...sound, children: [{ ...info, children: all }, algorithmOf(key), signature] };
}

const SIGNATURE_OIDS: Readonly<Record<string, string>> = {
  rsa: '2a864886f70d01010b',
  ec: '2a8648ce3d040302',
  ed25519: '2b6570',
};

function algorithmOf(key: KeyObject): DerTree {
  const oid = Buffer.from(SIGNATURE_OIDS[String(key.asymmetricKeyType)] ?? '', 'hex');
  const none = key.asymmetricKeyType === 'rsa' ? [{ tag: 0x05, content: new Uint8Array(0) }] : [];
  return { tag: 0x30, content: new Uint8Array(0), children: [{ tag: 0x06, content: oid }, ...none] };
}

/** Signs the first member of a signed structure, whatever it has become. */
function resign(tree: DerTree, key: KeyObject): DerTree {
  const [inside, algorithm, signature] = tree.children ?? [];
  if (inside === undefined || algorithm === undefined || signature === undefined) return tree;
  const bytes = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', writeDer(inside), key);
  return {
    ...tree,
    children: [inside, algorithm, { tag: 0x03, content: Buffer.concat([Buffer.of(0), bytes]) }],
  };
}

/** A certificate that was spoilt, and signed by a key that is not the CA's. */
export interface CertificateLie {
  readonly mutations: readonly DerMutation[];
  readonly byItsKey: boolean;
  readonly reason: unknown;
}

export const certificateLie: fc.Arbitrary<CertificateLie> = fc.record({
  mutations: fc.array(derMutation, { minLength: 1, maxLength: 3 }),
  byItsKey: fc.boolean(),
  reason: fc.constantFrom(0, 1, 4, 5, 2, 6, 7, 11, -1, 1.5, '1', null, [], {}, true),
});

/** Asks to revoke it: only the very bytes that were issued can be revoked. */
export async function tellCertificate(
  world: FuzzWorld,
  purse: NoncePurse,
  lie: CertificateLie,
): Promise<void> {
  const issued = await world.certificate();
  const der = writeDer(resign(lie.mutations.reduce(mutateDer, readSound(issued.der)), KEYS['P-256']));
  const signer = lie.byItsKey
    ? { key: issued.key, header: { jwk: createPublicKey(issued.key).export({ format: 'jwk' }) } }
    : undefined;
  const before = world.target.dataVersion();
  const payload = { certificate: der.toString('base64url'), reason: lie.reason };
  const answer = await postSigned(world, purse, '/acme/revoke-cert', payload, signer);
  judge(
    answer,
    {
      codes: ['malformed', 'badRevocationReason'],
      success: der.equals(issued.der),
      requestLength: der.length * 2,
    },
    `revokeCert with ${der.toString('hex').slice(0, 3_000)}`,
  );
  expect(world.target.dataVersion(), `a refused request has changed the database: ${answer.text}`).toBe(
    before,
  );
}

async function postSigned(
  { target, client }: FuzzWorld,
  purse: NoncePurse,
  path: string,
  payload: object,
  signer = { key: client.key.privateKey, header: { kid: client.kid } as object },
): Promise<FuzzAnswer> {
  const nonce = purse.pop() ?? (await client.nonce());
  const protectedMember = encode(
    JSON.stringify({ alg: 'ES256', nonce, url: target.base + path, ...signer.header }),
    'base64url',
  );
  const payloadMember = encode(JSON.stringify(payload), 'base64url');
  const signature = signTexts(protectedMember, payloadMember, signer.key);
  const body = JSON.stringify({ protected: protectedMember, payload: payloadMember, signature });
  const answer = await post({ target }, path, body);
  purse.push(String(answer.headers['replay-nonce']));
  return answer;
}
