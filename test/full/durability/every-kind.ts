import { generateKeyPairSync } from 'node:crypto';
import type { Http01Responder } from '../../../src/client/http01-responder.ts';
import { generateAccountKey } from '../../../src/jws/sign.ts';
import { keyAuthorization } from '../../../src/protocol/key-authorization.ts';
import { createCsr } from '../../../src/x509/create-csr.ts';
import { decodePem } from '../../../src/x509/pem.ts';
import type { Signer } from '../support/signed-exchange.ts';
import type { RecordedAnswer, RecordingClient } from './recording-client.ts';

/** Each kind of write that a client is told of. */
export const WRITES = [
  'newAccount',
  'account update',
  'newOrder',
  'challenge POST',
  'validation outcome',
  'finalize',
  'revocation',
  'failed validation',
  'authorization deactivation',
  'account deactivation',
] as const;

export type Write = (typeof WRITES)[number];

export interface Scenario {
  readonly client: RecordingClient;
  readonly responder: Http01Responder;
  /** A name that the server validates at this host's loopback addresses. */
  readonly nextName: () => string;
  /** How many requests of others race each write. */
  readonly readers: number;
}

interface PlacedOrder {
  readonly url: string;
  readonly finalize: string;
  readonly authorization: string;
  readonly name: string;
}

/** What a reader asks for: a kind in words, and the request. */
type Reading = readonly [what: string, path: string, signer: Signer, payload?: object];

/**
 * Does every kind of write once, each raced by readers on connections of their own that ask for what it changes from the
 * moment of its sending until it is answered, and once more afterwards.
 */
export async function doEveryKind(scenario: Scenario): Promise<void> {
  const { client } = scenario;
  const key = await generateAccountKey('ES256');
  const account = await newAccount(scenario, key);
  await raced(scenario, 'account update', [account.url, account, { contact: [contact(2)] }], () => [
    ['account', account.url, account],
  ]);
  const order = await placeOrder(scenario, account);
  await validate(scenario, account, order, true);
  const certificate = await finalize(scenario, account, order);
  const pem = (await client.post('certificate', certificate, account)).body;
  const [leaf] = decodePem(pem);
  const revocation = { certificate: Buffer.from(leaf?.der ?? []).toString('base64url') };
  await raced(
    scenario,
    'revocation',
    ['/acme/revoke-cert', account, revocation],
    () => [[`revocation of ${certificate}`, '/acme/revoke-cert', account, revocation]],
    ` of ${certificate}`,
  );
  const failing = await placeOrder(scenario, account);
  await validate(scenario, account, failing, false);
  const given = await placeOrder(scenario, account);
  await raced(
    scenario,
    'authorization deactivation',
    [given.authorization, account, { status: 'deactivated' }],
    () => [
      ['authorization', given.authorization, account],
      ['order', given.url, account],
    ],
  );
  await raced(scenario, 'account deactivation', [account.url, account, { status: 'deactivated' }], () => [
    ['read of the deactivated account', account.url, account],
  ]);
}

const contact = (number: number): string => `mailto:v${number}@example.test`;

async function newAccount(scenario: Scenario, key: Signer['key']): Promise<Required<Signer>> {
  const request = { termsOfServiceAgreed: true, contact: [contact(1)] };
  const answer = await raced(scenario, 'newAccount', ['/acme/new-account', { key }, request], () => [
    ['newAccount of an existing key', '/acme/new-account', { key }, { onlyReturnExisting: true }],
  ]);
  return { key, url: String(answer.location) };
}

async function placeOrder(scenario: Scenario, account: Required<Signer>): Promise<PlacedOrder> {
  const name = scenario.nextName();
  const request = { identifiers: [{ type: 'dns', value: name }] };
  // Ids are counted, so a reader can guess the next one: a client that wants to know too early.
  const last = Math.max(0, ...scenario.client.answers.map(({ location }) => numberOf(location)));
  const answer = await raced(scenario, 'newOrder', ['/acme/new-order', account, request], () => [
    ['order', `/acme/order/order_${last + 1}`, account],
  ]);
  const { finalize, authorizations } = answer.json() as {
    readonly finalize: string;
    readonly authorizations: readonly string[];
  };
  return { url: String(answer.location), finalize, authorization: String(authorizations[0]), name };
}

function numberOf(location: string | undefined): number {
  return Number(/\/order_(\d+)$/.exec(location ?? '')?.[1] ?? 0);
}

async function validate(
  scenario: Scenario,
  account: Required<Signer>,
  order: PlacedOrder,
  passes: boolean,
): Promise<void> {
  const { client, responder } = scenario;
  const read = (await client.post('authorization', order.authorization, account)).json();
  const challenges = read.challenges as readonly {
    readonly type: string;
    readonly url: string;
    readonly token: string;
  }[];
  const http01 = challenges.find(({ type }) => type === 'http-01');
  if (http01 === undefined) throw new Error('no http-01 was offered');
  if (passes) responder.serve(http01.token, keyAuthorization(http01.token, account.key.thumbprint));
  const kind = passes ? 'validation outcome' : 'failed validation';
  const paths = [order.authorization, http01.url, order.url];
  await raced(scenario, 'challenge POST', [http01.url, account, {}], () =>
    paths.map((path) => [kind, path, account]),
  );
  for (;;) {
    const polls = paths.map((path) => client.post(kind, path, account));
    const [authorization] = await Promise.all(polls);
    if (authorization?.json().status !== 'pending') return;
  }
}

async function finalize(scenario: Scenario, account: Required<Signer>, order: PlacedOrder): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const csr = createCsr({ privateKey, dnsNames: [order.name], ipAddresses: [] });
  const request = { csr: Buffer.from(csr).toString('base64url') };
  const answer = await raced(scenario, 'finalize', [order.finalize, account, request], () => [
    ['order', order.url, account],
    ['certificate', '/acme/cert/cert_1', account],
  ]);
  return String(answer.json().certificate);
}

async function raced(
  { client, readers }: Scenario,
  kind: Write,
  [path, signer, payload]: readonly [string, Signer, object],
  readings: () => readonly Reading[],
  suffix = '',
): Promise<RecordedAnswer> {
  const state = { done: false };
  const read = async (): Promise<void> => {
    const before = state.done;
    for (const [what, ...rest] of readings()) await client.post(`${what}, raced by ${kind}`, ...rest);
    if (!before) await read();
  };
  const racing = Array.from({ length: readers }, read);
  const answer = await client.post(kind + suffix, path, signer, payload);
  state.done = true;
  await Promise.all(racing);
  // One of those that race a revocation may win it.
  if (answer.status >= 300 && answer.problem !== 'alreadyRevoked')
    throw new Error(`${kind} was answered ${answer.status}: ${answer.body}`);
  return answer;
}
