import fc from 'fast-check';
import { expect } from 'vitest';
import type { FuzzAnswer } from './fuzz-target.ts';
import type { FuzzWorld } from './fuzz-world.ts';
import type { JsonMutation, Tree } from './hostile-json.ts';
import { fromJson, jsonMutation, mutateJson, toText } from './hostile-json.ts';
import { judge } from './oracle.ts';
import type { Step, StepName } from './protocol-steps.ts';
import { STEPS } from './protocol-steps.ts';
import type { Encoding } from './signing.ts';
import { ENCODINGS, encode, signTexts } from './signing.ts';

/** A valid request with one part of it spoilt, and signed afterwards. */
export interface SignedLie {
  readonly step: StepName;
  readonly part: 'payload' | 'header' | 'envelope' | 'encoding' | 'bytes';
  readonly mutations: readonly JsonMutation[];
  readonly encodings: Readonly<Record<'header' | 'payload' | 'signature', Encoding>>;
  /** Bytes put into the payload, for what no text can be. */
  readonly bytes: Uint8Array;
}

const steps = Object.keys(STEPS) as readonly StepName[];

export const signedLie: fc.Arbitrary<SignedLie> = fc.record({
  step: fc.constantFrom<StepName>(
    ...steps,
    'newOrder',
    'newOrder',
    'newOrder',
    'newAccount',
    'updateAccount',
    'revoke',
    'finalize',
  ),
  part: fc.oneof(
    { weight: 6, arbitrary: fc.constant('payload' as const) },
    { weight: 3, arbitrary: fc.constant('header' as const) },
    { weight: 1, arbitrary: fc.constant('envelope' as const) },
    { weight: 1, arbitrary: fc.constant('encoding' as const) },
    { weight: 1, arbitrary: fc.constant('bytes' as const) },
  ),
  mutations: fc.array(jsonMutation, { minLength: 1, maxLength: 3 }),
  encodings: fc.record({
    header: fc.constantFrom(...ENCODINGS),
    payload: fc.constantFrom(...ENCODINGS),
    signature: fc.constantFrom(...ENCODINGS),
  }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});

/** RFC 8555 section 6: what a spoilt header or envelope may be told. */
const HEADER_CODES = [
  'badSignatureAlgorithm',
  'badPublicKey',
  'badNonce',
  'unauthorized',
  'accountDoesNotExist',
];

/** Nonces of answers, for the next request (RFC 8555 section 6.5). */
export type NoncePurse = string[];

/** Tells the lie, and judges the answer: a refusal has changed nothing, and a success has made what it may make. */
export async function tell(world: FuzzWorld, purse: NoncePurse, lie: SignedLie): Promise<void> {
  const step: Step = await STEPS[lie.step](world);
  const nonce = purse.pop() ?? (await world.client.nonce());
  const { body, isCanonical } = bodyOf(lie, step, {
    alg: 'ES256',
    nonce,
    url: world.target.base + step.path,
    ...step.signer.header,
  });
  const before = world.target.dataVersion();
  const answer = await post(world, step.path, body);
  purse.push(String(answer.headers['replay-nonce']));
  const code = judge(
    answer,
    {
      codes: codesFor(lie, step),
      success: isCanonical,
      requestLength: Buffer.byteLength(body),
    },
    `${lie.step} with ${body.slice(0, 3_000)}`,
  );
  if (code === undefined) return step.accept(objectIn(answer));
  expect(world.target.dataVersion(), `a refused ${lie.step} has changed the database: ${answer.text}`).toBe(
    before,
  );
}

export function post(
  { target }: Pick<FuzzWorld, 'target'>,
  path: string,
  body: string | Uint8Array,
): Promise<FuzzAnswer> {
  const headers = { 'Content-Type': 'application/jose+json' };
  return target.send({ method: 'POST', path, headers, body });
}

/** The JSON of an answer, or nothing where it is another format or empty. */
export function objectIn({ headers, text }: FuzzAnswer): Readonly<Record<string, unknown>> {
  return headers['content-type'] === 'application/json' ? Object(JSON.parse(text)) : {};
}

function codesFor({ part, step: name }: SignedLie, { codes }: Step): readonly string[] {
  const usual = name === 'readForeignOrder' ? ['malformed', 'unauthorized'] : ['malformed'];
  if (part === 'payload' || part === 'bytes') return [...usual, ...codes];
  // A payload that was right may still meet what it was right for.
  return [...usual, ...codes, ...HEADER_CODES];
}

/** RFC 7515 section 2 has one writing of each text; in any other the request must be refused, however good its signature. */
function bodyOf(
  lie: SignedLie,
  step: Step,
  header: object,
): { readonly body: string; readonly isCanonical: boolean } {
  const spoil = (part: SignedLie['part'], tree: Tree) =>
    part === lie.part ? lie.mutations.reduce(mutateJson, tree) : tree;
  const payload =
    step.payload === undefined && lie.part !== 'payload' ? undefined : fromJson(step.payload ?? {});
  const payloadText = payload === undefined ? '' : toText(spoil('payload', payload));
  const encodingOf = (member: keyof SignedLie['encodings']) =>
    lie.part === 'encoding' ? lie.encodings[member] : 'base64url';
  const payloadBytes =
    lie.part === 'bytes'
      ? Buffer.concat([
          Buffer.from(payloadText.slice(0, payloadText.length / 2)),
          lie.bytes,
          Buffer.from(payloadText.slice(payloadText.length / 2)),
        ])
      : Buffer.from(payloadText);
  const protectedMember = encode(toText(spoil('header', fromJson(header))), encodingOf('header'));
  const payloadMember = encode(payloadBytes, encodingOf('payload'));
  const signature = signTexts(protectedMember, payloadMember, step.signer.key);
  const envelope = {
    protected: protectedMember,
    payload: payloadMember,
    signature: encode(Buffer.from(signature, 'base64url'), encodingOf('signature')),
  };
  const isCanonical = Object.values(envelope).every(
    (text) => Buffer.from(text, 'base64url').toString('base64url') === text,
  );
  return { body: toText(spoil('envelope', fromJson(envelope))), isCanonical };
}
