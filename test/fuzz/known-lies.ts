import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { FuzzWorld } from './fuzz-world.ts';
import { hostileText } from './hostile-json.ts';
import { judge } from './oracle.ts';
import type { StepName } from './protocol-steps.ts';
import { STEPS } from './protocol-steps.ts';
import type { NoncePurse } from './signed-requests.ts';
import { objectIn, post } from './signed-requests.ts';
import { encode, signTexts } from './signing.ts';

/** A lie of which it is known what it must be answered. */
export interface KnownLie {
  readonly step: StepName;
  /** Members over those of the header; `undefined` takes one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: unknown;
  /** What a refusal must be. */
  readonly codes: readonly string[];
  /** True where the lie may be none. */
  readonly success?: boolean;
}

const jwkOf = (pair: { readonly publicKey: { export(options: { format: 'jwk' }): object } }) =>
  pair.publicKey.export({ format: 'jwk' });
const ec = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const p384 = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }));
const rsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const shortRsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }));

const keyText = fc.oneof(
  fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** RFC 8555 section 6.2: keys that are none, or too weak. `EC` on its curve by chance is less likely than a broken machine. */
const badKey: fc.Arbitrary<unknown> = fc.oneof(
  keyText.map((x) => ({ ...ec, x })),
  keyText.map((y) => ({ ...ec, y })),
  keyText.map((x) => ({ kty: 'EC', crv: 'P-384', x, y: x })),
  keyText.map((n) => ({ kty: 'RSA', e: 'AQAB', n })),
  keyText.map((e) => ({ ...rsa, e: e === 'AQAB' ? '' : e })),
  fc.constantFrom<unknown>(
    shortRsa,
    { ...rsa, e: 'Aw' },
    { ...rsa, e: 'AQ' },
    { ...rsa, e: 'AAAQAB' },
    { ...ec, crv: 'secp256k1' },
    { ...ec, crv: 'P-384' },
    { ...p384, crv: 'P-256' },
    { ...ec, d: 'AAAA' },
    { kty: 'oct', k: 'AAAA' },
    { kty: '__proto__' },
    { ...ec, crv: 'constructor' },
    [],
    null,
    'ec',
    7,
  ),
  fc.nat(4_000).map((length) => ({ kty: 'RSA', e: 'AQAB', n: 'f'.repeat(length * 4) })),
);

const otherAlgorithm = fc.oneof(
  fc.constantFrom(
    'none',
    'None',
    '',
    'HS256',
    'HS512',
    'es256',
    'ES256 ',
    'PS256',
    'RS1',
    'ES256K',
    'EdDSA2',
    '__proto__',
    'toString',
  ),
  fc
    .string({ unit: 'binary', maxLength: 10 })
    .filter((text) => !/^(?:[ER]S(?:256|384|512)|EdDSA|Ed25519)$/.test(text)),
);

const newOrder = (payload: object): KnownLie => ({
  step: 'newOrder',
  payload,
  codes: ['malformed', 'rejectedIdentifier', 'unsupportedIdentifier'],
  success: true,
});

export const knownLie: fc.Arbitrary<KnownLie> = fc.oneof(
  otherAlgorithm.map((alg) => ({
    step: 'newOrder' as const,
    header: { alg },
    codes: ['badSignatureAlgorithm'],
  })),
  fc
    .constantFrom('ES384', 'ES512', 'RS256')
    .map((alg) => ({ step: 'newOrder' as const, header: { alg }, codes: ['malformed'] })),
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => ({
    step: 'newOrder' as const,
    header: { nonce: Buffer.from(bytes).toString('base64url') },
    codes: ['badNonce'],
  })),
  fc.constantFrom<KnownLie>(
    { step: 'newOrder', header: { nonce: undefined }, codes: ['badNonce'] },
    { step: 'newOrder', header: { nonce: 'not base64url' }, codes: ['malformed'] },
    { step: 'newOrder', header: { url: undefined }, codes: ['malformed'] },
    { step: 'newOrder', header: { kid: undefined }, codes: ['malformed'] },
    { step: 'newOrder', header: { jwk: ec }, codes: ['malformed'] },
    { step: 'newAccount', header: { jwk: undefined }, codes: ['malformed'] },
    { step: 'newOrder', header: { crit: ['exp'], exp: 1 }, codes: ['malformed'] },
    { step: 'newOrder', header: { b64: false, crit: ['b64'] }, codes: ['malformed'] },
  ),
  hostileText.map((url) => ({ step: 'newOrder' as const, header: { url }, codes: ['unauthorized'] })),
  fc
    .oneof(
      hostileText,
      hostileText.map((text) => `https://localhost/acme/account/${text}`),
    )
    .map((kid) => ({
      step: 'newOrder' as const,
      header: { kid },
      codes: ['malformed', 'accountDoesNotExist'],
    })),
  fc.integer({ min: 1_000_000, max: Number.MAX_SAFE_INTEGER }).map((id) => ({
    step: 'newOrder' as const,
    header: { kid: `https://localhost/acme/account/acct_${id}` },
    codes: ['accountDoesNotExist'],
  })),
  badKey.map((jwk) => ({
    step: 'newAccount' as const,
    header: { jwk, alg: algFor(jwk) },
    codes: ['badPublicKey', 'malformed'],
  })),
  badKey.map((jwk) => ({
    step: 'revoke' as const,
    header: { kid: undefined, jwk, alg: algFor(jwk) },
    codes: ['badPublicKey', 'malformed'],
  })),
  { weight: 6, arbitrary: identifierLists().map((identifiers) => newOrder({ identifiers })) },
  {
    weight: 2,
    arbitrary: fc
      .record({ notBefore: timeText(), notAfter: timeText() }, { requiredKeys: [] })
      .map((times) => newOrder({ identifiers: [{ type: 'dns', value: 'a.localhost' }], ...times })),
  },
  { weight: 2, arbitrary: contactLists().map((contact) => contacts('newAccount', contact)) },
  { weight: 2, arbitrary: contactLists().map((contact) => contacts('updateAccount', contact)) },
);

function algFor(jwk: unknown): string {
  const { kty, crv } = Object(jwk);
  return kty === 'RSA' ? 'RS256' : crv === 'P-384' ? 'ES384' : 'ES256';
}

function identifierLists(): fc.Arbitrary<readonly object[]> {
  const identifier = fc.record({
    type: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('dns', 'ip') }, hostileText),
    value: hostileText,
  });
  return fc.oneof(
    fc.array(identifier, { maxLength: 3 }),
    fc.array(identifier, { maxLength: 120 }),
    fc
      .nat(110)
      .map((count) =>
        Array.from({ length: count }, (_, index) => ({ type: 'dns', value: `${index}.localhost` })),
      ),
  );
}

function timeText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc
      .integer({ min: -10_000, max: 10_000_000 })
      .map((seconds) => new Date(Date.now() + seconds * 1_000).toISOString()),
    fc.constantFrom(
      '2030-02-30T00:00:00Z',
      '2030-01-01T24:00:00Z',
      '2030-01-01T00:00:60Z',
      '2030-01-01',
      '+275760-09-13T00:00:00Z',
    ),
    hostileText,
  );
}

function contactLists(): fc.Arbitrary<readonly string[]> {
  const contact = fc.oneof(
    hostileText,
    hostileText.map((text) => `mailto:${text}`),
    hostileText.map((text) => `mailto:a@${text}`),
  );
  return fc.oneof(
    fc.array(contact, { maxLength: 12 }),
    fc.nat(200).map((count) => Array(count).fill('mailto:a@example.com')),
  );
}

function contacts(step: 'newAccount' | 'updateAccount', contact: readonly string[]): KnownLie {
  return {
    step,
    payload: { contact },
    codes: ['malformed', 'invalidContact', 'unsupportedContact'],
    success: true,
  };
}

/** Tells the lie, and checks that it is answered as it must be, with nothing changed. */
export async function tellKnown(world: FuzzWorld, purse: NoncePurse, lie: KnownLie): Promise<void> {
  const step = await STEPS[lie.step](world);
  const nonce = purse.pop() ?? (await world.client.nonce());
  const header = {
    alg: 'ES256',
    nonce,
    url: world.target.base + step.path,
    ...step.signer.header,
    ...lie.header,
  };
  const protectedMember = encode(JSON.stringify(header), 'base64url');
  const payload = encode(JSON.stringify(lie.payload ?? step.payload), 'base64url');
  const signature = signTexts(protectedMember, payload, step.signer.key);
  const body = JSON.stringify({ protected: protectedMember, payload, signature });
  const before = world.target.dataVersion();
  const answer = await post(world, step.path, body);
  purse.push(String(answer.headers['replay-nonce']));
  const tooLarge = body.length > 64 * 1024;
  const code = judge(
    answer,
    {
      codes: tooLarge ? ['malformed'] : lie.codes,
      success: lie.success === true,
      requestLength: body.length,
    },
    `${lie.step} with ${JSON.stringify(lie).slice(0, 3_000)}`,
  );
  if (code === undefined) return step.accept(objectIn(answer));
  expect(world.target.dataVersion(), `a refused ${lie.step} has changed the database: ${answer.text}`).toBe(
    before,
  );
}
