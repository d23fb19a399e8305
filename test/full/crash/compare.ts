import type { AccountEntry, Ledger, OrderEntry } from './ledger.ts';
import { sendRevocation } from './load.ts';
import type { Session } from './session.ts';

const RANK = { pending: 0, challenged: 0, ready: 1, processing: 1, valid: 2 } as const;

/** Compares an entry with what the server says now. Resolves with what is wrong with it, in words. */
export async function compareAccount(session: Session, entry: AccountEntry): Promise<readonly string[]> {
  const answer = await session.post(entry.url, entry);
  if (entry.status !== 'valid' && answer.problem === 'unauthorized') {
    entry.status = 'deactivated';
    return [];
  }
  if (entry.status === 'deactivated') return [`${entry.url}: its acknowledged deactivation is lost`];
  if (answer.status !== 200)
    return [`${entry.url}: an acknowledged account answers ${answer.status} ${answer.body}`];
  const [contact] = (answer.json().contact ?? []) as readonly string[];
  if (contact === undefined || !entry.contacts.includes(contact))
    return [`${entry.url}: contact is ${contact}, acknowledged was ${entry.contacts.join(' or ')}`];
  entry.contacts = [contact];
  entry.status = 'valid';
  return [];
}

/** As `compareAccount`, for an order with its authorization, certificate and revocation. */
export async function compareOrder(session: Session, entry: OrderEntry): Promise<readonly string[]> {
  if (entry.account.status !== 'valid') return [];
  if (entry.life !== 'open') return compareEnded(session, entry);
  const answer = await session.post(entry.url, entry.account);
  if (answer.status !== 200)
    return [`${entry.url}: an acknowledged order answers ${answer.status} ${answer.body}`];
  const order = answer.json();
  return [
    ...compareIdentifiers(entry, order),
    ...compareStage(entry, order),
    ...(await compareAuthorization(session, entry)),
    ...(await compareCertificate(session, entry)),
    ...(await compareRevocation(session, entry)),
  ];
}

/** What has expired is there in whole, or gone in whole; and once gone it stays so. */
async function compareEnded(session: Session, entry: OrderEntry): Promise<readonly string[]> {
  const wrong = await lookAtEnded(session, entry);
  // Swept between two looks, it is gone in whole at the next one.
  return wrong.length > 0 && entry.life === 'ended' ? lookAtEnded(session, entry) : wrong;
}

async function lookAtEnded(session: Session, entry: OrderEntry): Promise<readonly string[]> {
  const order = await session.post(entry.url, entry.account);
  if (order.status === 404) entry.life = 'swept';
  const isSwept = entry.life === 'swept';
  const { status } = isSwept ? {} : order.json();
  const mayBe = entry.stage === 'valid' ? ['valid'] : ['valid', 'invalid'];
  if (!isSwept && (order.status !== 200 || !mayBe.includes(String(status))))
    return [
      `${entry.url}: has expired and is ${order.status} ${order.body}, acknowledged was ${entry.stage}`,
    ];
  const parts = [entry.url, entry.authorizationUrl, entry.challengeUrl, entry.certificateUrl];
  const wrong: string[] = [];
  for (const url of parts.filter((each) => each !== undefined)) {
    const answer = await session.post(url, entry.account);
    if (answer.status !== (isSwept ? 404 : 200))
      wrong.push(`${url}: is ${answer.status}, its order is ${isSwept ? 'swept' : 'there'}`);
    if (!isSwept && url === entry.certificateUrl && entry.pem !== undefined && answer.body !== entry.pem)
      wrong.push(`${url}: is not the certificate that was downloaded`);
  }
  return wrong;
}

function compareIdentifiers(entry: OrderEntry, order: Readonly<Record<string, unknown>>): readonly string[] {
  const same =
    JSON.stringify(order.identifiers) === JSON.stringify([{ type: 'dns', value: entry.name }]) &&
    JSON.stringify(order.authorizations) === JSON.stringify([entry.authorizationUrl]);
  return same
    ? []
    : [`${entry.url}: identifiers or authorizations are not those acknowledged: ${JSON.stringify(order)}`];
}

function compareStage(entry: OrderEntry, order: Readonly<Record<string, unknown>>): readonly string[] {
  const status = String(order.status);
  if (entry.authorization !== 'open' && status === 'invalid') return [];
  if (!(status in RANK)) return [`${entry.url}: is ${status}, acknowledged was ${entry.stage}`];
  if (RANK[status as keyof typeof RANK] < RANK[entry.stage])
    return [`${entry.url}: is ${status}, acknowledged was ${entry.stage}`];
  if (entry.certificateUrl !== undefined && order.certificate !== entry.certificateUrl)
    return [
      `${entry.url}: has certificate ${String(order.certificate)}, acknowledged was ${entry.certificateUrl}`,
    ];
  return [];
}

async function compareAuthorization(session: Session, entry: OrderEntry): Promise<readonly string[]> {
  const read = (await session.post(entry.authorizationUrl, entry.account)).json();
  const status = String(read.status);
  const wrong = [
    `${entry.authorizationUrl}: is ${status}, acknowledged was ${entry.stage}, ${entry.authorization}`,
  ];
  if (entry.authorization === 'deactivated') return status === 'deactivated' ? [] : wrong;
  if (entry.authorization === 'maybe-deactivated') {
    entry.authorization = status === 'deactivated' ? 'deactivated' : 'open';
    return [];
  }
  if (entry.stage === 'ready' || entry.stage === 'valid') return status === 'valid' ? [] : wrong;
  return status === 'pending' || status === 'valid' ? [] : wrong;
}

async function compareCertificate(session: Session, entry: OrderEntry): Promise<readonly string[]> {
  if (entry.pem === undefined) return [];
  const answer = await session.post(String(entry.certificateUrl), entry.account);
  return answer.body === entry.pem
    ? []
    : [`${entry.certificateUrl}: is not the certificate that was downloaded`];
}

async function compareRevocation(session: Session, entry: OrderEntry): Promise<readonly string[]> {
  if (entry.revocation === 'none') return [];
  const answer = await sendRevocation(session, entry);
  const before = entry.revocation;
  entry.revocation = 'revoked';
  if (answer.problem === 'alreadyRevoked') return [];
  if (before === 'maybe' && answer.status === 200) return [];
  return [`${entry.certificateUrl}: its acknowledged revocation is lost (${answer.status})`];
}

/** Nonces of before the restart must all be refused, used or not. */
export async function compareNonces(
  session: Session,
  ledger: Ledger,
  old: readonly string[],
): Promise<readonly string[]> {
  const account = ledger.accounts.find((entry) => entry.status === 'valid');
  if (account === undefined) return [];
  const answers = await Promise.all(old.map((nonce) => session.postWithNonce(nonce, account.url, account)));
  return answers
    .filter((answer) => answer.problem !== 'badNonce')
    .map((answer) => `a nonce of before the restart was answered ${answer.status} ${answer.problem ?? ''}`);
}
