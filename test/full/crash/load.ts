import { generateKeyPairSync } from 'node:crypto';
import type { Http01Responder } from '../../../src/client/http01-responder.ts';
import { generateAccountKey } from '../../../src/jws/sign.ts';
import { keyAuthorization } from '../../../src/protocol/key-authorization.ts';
import { createCsr } from '../../../src/x509/create-csr.ts';
import { decodePem } from '../../../src/x509/pem.ts';
import type { PlainAnswer } from '../support/signed-exchange.ts';
import type { AccountEntry, Ledger, OrderEntry } from './ledger.ts';
import type { Chance } from './seeded-chance.ts';
import type { Session } from './session.ts';

export interface LoadContext {
  readonly session: Session;
  readonly ledger: Ledger;
  readonly chance: Chance;
  readonly responder: Http01Responder;
  /** Entries whose next request is under way, so that two workers do not contradict each other. */
  readonly busy: Set<object>;
  /** What this round touched, to be compared after the next start. */
  readonly touched: Set<AccountEntry | OrderEntry>;
  readonly nextName: () => string;
}

/** A request was answered otherwise than a healthy server does. */
export class UnexpectedAnswer extends Error {}

/** Does one random thing that a client may do, and enters what was acknowledged. Rejects when the server is gone. */
export async function doSomething(context: LoadContext): Promise<void> {
  const { ledger, chance } = context;
  const accounts = ledger.accounts.filter((entry) => entry.status === 'valid' && !context.busy.has(entry));
  const account = chance.pick(accounts);
  if (account === undefined || chance.below(12) === 0) return createAccount(context);
  const kind = chance.below(16);
  if (kind === 0) return updateContacts(context, account);
  if (kind === 1 && accounts.length > 4) return deactivateAccount(context, account);
  // Mostly orders that can go on; now and then one that has expired, which may be swept at this moment.
  const isAskedFor = chance.below(5) === 0 ? isEnded : isOpen;
  const order = chance.pick(
    ledger.orders
      .slice(-200)
      .filter((entry) => isAskedFor(entry) && entry.account.status === 'valid' && !context.busy.has(entry)),
  );
  if (order === undefined || kind < 5) return createOrder(context, account);
  return alone(context, order, () => advance(context, order));
}

const isEnded = ({ life }: OrderEntry): boolean => life !== 'open';
const isOpen = ({ life, stage, authorization, revocation }: OrderEntry): boolean =>
  life === 'open' && authorization === 'open' && !(stage === 'valid' && revocation === 'revoked');

async function alone(
  context: LoadContext,
  entry: AccountEntry | OrderEntry,
  action: () => Promise<void>,
): Promise<void> {
  context.busy.add(entry);
  context.touched.add(entry);
  try {
    await action();
  } finally {
    context.busy.delete(entry);
  }
}

async function createAccount({ session, ledger, touched, chance }: LoadContext): Promise<void> {
  const key = await generateAccountKey('ES256');
  const contact = `mailto:first${chance.below(1e6)}@example.test`;
  const answer = await session.post(
    '/acme/new-account',
    { key },
    { termsOfServiceAgreed: true, contact: [contact] },
  );
  expectStatus(answer, 201);
  const entry: AccountEntry = { url: String(answer.location), key, contacts: [contact], status: 'valid' };
  claimUrls(ledger, entry, [entry.url]);
  ledger.accounts.push(entry);
  touched.add(entry);
}

/** A URL that meant something else before, be it swept or not, must never be given out again. */
function claimUrls(ledger: Ledger, entry: object, urls: readonly string[]): void {
  const again = urls.filter((url) => !ledger.claim(url, entry));
  if (again.length > 0) throw new UnexpectedAnswer(`given out a second time: ${again.join(', ')}`);
}

async function updateContacts(context: LoadContext, account: AccountEntry): Promise<void> {
  await alone(context, account, async () => {
    const contact = `mailto:next${context.chance.below(1e6)}@example.test`;
    account.contacts = [...account.contacts, contact];
    const answer = await context.session.post(account.url, account, { contact: [contact] });
    expectStatus(answer, 200);
    account.contacts = [contact];
  });
}

async function deactivateAccount(context: LoadContext, account: AccountEntry): Promise<void> {
  const inUse = context.ledger.orders.some((order) => order.account === account && context.busy.has(order));
  if (inUse) return;
  await alone(context, account, async () => {
    account.status = 'maybe-deactivated';
    const answer = await context.session.post(account.url, account, { status: 'deactivated' });
    expectStatus(answer, 200);
    account.status = 'deactivated';
  });
}

async function createOrder(
  { session, ledger, touched, nextName }: LoadContext,
  account: AccountEntry,
): Promise<void> {
  const name = nextName();
  const answer = await session.post('/acme/new-order', account, {
    identifiers: [{ type: 'dns', value: name }],
  });
  if (account.status !== 'valid') return;
  expectStatus(answer, 201);
  const body = answer.json();
  const [authorizationUrl] = body.authorizations as readonly string[];
  const entry: OrderEntry = {
    url: String(answer.location),
    account,
    name,
    finalizeUrl: String(body.finalize),
    authorizationUrl: String(authorizationUrl),
    challengeUrl: undefined,
    stage: 'pending',
    authorization: 'open',
    certificateUrl: undefined,
    pem: undefined,
    revocation: 'none',
    life: 'open',
  };
  claimUrls(ledger, entry, [entry.url, entry.authorizationUrl]);
  ledger.orders.push(entry);
  touched.add(entry);
}

/** Takes an order one step further: challenge, look, finalize, download, revoke; now and then gives its authorization up. */
async function advance(context: LoadContext, order: OrderEntry): Promise<void> {
  if (order.account.status !== 'valid') return;
  if (order.life !== 'open') return askForEnded(context, order);
  if (order.authorization !== 'open') return;
  switch (order.stage) {
    case 'pending':
      return context.chance.below(10) === 0 ? giveUp(context, order) : challenge(context, order);
    case 'challenged':
      return look(context, order);
    case 'ready':
      return finalize(context, order);
    case 'valid':
      return order.pem === undefined ? download(context, order) : revoke(context, order);
  }
}

/** Asks for an order that has expired, or for a part of it, so that requests race with the sweep. */
async function askForEnded({ session, chance }: LoadContext, order: OrderEntry): Promise<void> {
  const { url, authorizationUrl, finalizeUrl, challengeUrl, certificateUrl } = order;
  const gets = [url, authorizationUrl, certificateUrl].filter((each) => each !== undefined);
  const changes: readonly (readonly [string, object])[] = [
    [finalizeUrl, { csr: csrOf(order) }],
    [authorizationUrl, { status: 'deactivated' }],
    ...(challengeUrl === undefined ? [] : [[challengeUrl, {}] as const]),
  ];
  const get = chance.below(2) === 0 ? chance.pick(gets) : undefined;
  const change = chance.pick(changes);
  if (get === undefined && change === undefined) return;
  const [target, payload] = get === undefined ? (change ?? [url]) : [get];
  const answer = await session.post(target, order.account, payload);
  const fits = order.life === 'swept' ? answer.status === 404 : answer.status < 500;
  if (!fits)
    throw new UnexpectedAnswer(
      `${target} of an order that is ${order.life}: ${answer.status} ${answer.body}`,
    );
  if (get !== undefined && answer.status === 404) order.life = 'swept';
}

async function giveUp({ session }: LoadContext, order: OrderEntry): Promise<void> {
  order.authorization = 'maybe-deactivated';
  const answer = await session.post(order.authorizationUrl, order.account, { status: 'deactivated' });
  expectStatus(answer, 200);
  order.authorization = 'deactivated';
}

async function challenge({ session, responder }: LoadContext, order: OrderEntry): Promise<void> {
  const read = await session.post(order.authorizationUrl, order.account);
  expectStatus(read, 200);
  const challenges = read.json().challenges as readonly {
    readonly type: string;
    readonly url: string;
    readonly token: string;
  }[];
  const http01 = challenges.find((entry) => entry.type === 'http-01');
  if (http01 === undefined) throw new UnexpectedAnswer('no http-01 was offered');
  responder.serve(http01.token, keyAuthorization(http01.token, order.account.key.thumbprint));
  order.challengeUrl = http01.url;
  const answer = await session.post(http01.url, order.account, {});
  expectStatus(answer, 200);
  order.stage = 'challenged';
}

async function look({ session }: LoadContext, order: OrderEntry): Promise<void> {
  const answer = await session.post(order.authorizationUrl, order.account);
  expectStatus(answer, 200);
  const { status } = answer.json();
  if (status === 'valid') order.stage = 'ready';
  else if (status !== 'pending')
    throw new UnexpectedAnswer(`${order.authorizationUrl} is ${String(status)}: ${answer.body}`);
}

function csrOf(order: OrderEntry): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const csr = createCsr({ privateKey, dnsNames: [order.name], ipAddresses: [] });
  return Buffer.from(csr).toString('base64url');
}

async function finalize({ session, ledger }: LoadContext, order: OrderEntry): Promise<void> {
  const answer = await session.post(order.finalizeUrl, order.account, { csr: csrOf(order) });
  // A finalize that was cut off may have issued.
  if (answer.problem === 'orderNotReady') {
    const read = (await session.post(order.url, order.account)).json();
    if (read.status !== 'valid')
      throw new UnexpectedAnswer(`${order.url} is ${String(read.status)} after orderNotReady`);
    order.certificateUrl = String(read.certificate);
  } else {
    expectStatus(answer, 200);
    order.certificateUrl = String(answer.json().certificate);
  }
  claimUrls(ledger, order, [order.certificateUrl]);
  order.stage = 'valid';
}

async function download({ session }: LoadContext, order: OrderEntry): Promise<void> {
  const answer = await session.post(String(order.certificateUrl), order.account);
  expectStatus(answer, 200);
  order.pem = answer.body;
}

async function revoke(context: LoadContext, order: OrderEntry): Promise<void> {
  if (order.revocation === 'revoked') return;
  const before = order.revocation;
  order.revocation = 'maybe';
  const answer = await sendRevocation(context.session, order);
  if (!(before === 'maybe' && answer.problem === 'alreadyRevoked')) expectStatus(answer, 200);
  order.revocation = 'revoked';
}

/** Asks for the revocation of the order's certificate by its account. */
export function sendRevocation(session: Session, order: OrderEntry): Promise<PlainAnswer> {
  const [leaf] = decodePem(String(order.pem));
  if (leaf === undefined) throw new UnexpectedAnswer(`${order.certificateUrl} holds no certificate`);
  return session.post('/acme/revoke-cert', order.account, {
    certificate: Buffer.from(leaf.der).toString('base64url'),
  });
}

function expectStatus(answer: PlainAnswer, status: number): void {
  if (answer.status !== status)
    throw new UnexpectedAnswer(`expected ${status}, got ${answer.status}: ${answer.body}`);
}
