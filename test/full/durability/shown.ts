import type { IdPrefix } from '../../../src/protocol/ids.ts';
import { parseId } from '../../../src/protocol/ids.ts';
import type { StoreReader } from '../../../src/store/store.ts';
import type { RecordedAnswer } from './recording-client.ts';

/** How far each status is; one that is further includes what the others say. */
const RANKS: Readonly<Record<string, number>> = {
  ...{ pending: 0, processing: 1, ready: 1, valid: 2, invalid: 2, deactivated: 3, revoked: 3 },
};

/**
 * What of an answer the store does not have (yet): an empty list when all that the answer acknowledges or shows is there,
 * or is superseded by something later.
 */
export async function missingOf(answer: RecordedAnswer, store: StoreReader): Promise<readonly string[]> {
  if (answer.problem !== undefined) return missingOfRefusal(answer, store);
  if (answer.status >= 300) throw new Error(`${answer.kind} was answered ${answer.status}`);
  if (answer.path === '/acme/revoke-cert') return missingRevocation(answer, store);
  const url = answer.location ?? answer.path;
  if (url.includes('/account/')) return missingAccount(answer, url, store);
  if (url.includes('/order/')) return missingOrder(answer, url.replace(/\/finalize$/, ''), store);
  if (url.includes('/authz/')) return missingAuthorization(answer, url, store);
  if (url.includes('/chall/')) return missingChallenge(answer, url, store);
  if (url.includes('/cert/')) return missingCertificate(answer, url, store);
  throw new Error(`nothing is known of ${answer.kind}, ${url}`);
}

/** Some refusals show a change that somebody made. */
async function missingOfRefusal(answer: RecordedAnswer, store: StoreReader): Promise<readonly string[]> {
  if (answer.problem === 'alreadyRevoked') return missingRevocation(answer, store);
  if (answer.kind.endsWith('of the deactivated account') && answer.problem === 'unauthorized') {
    const account = await store.findAccount(idOf('acct', answer.path));
    return account?.status === 'deactivated' ? [] : [`${answer.path} is not deactivated`];
  }
  // It did not exist, or could not be done, before the change either.
  return [];
}

async function missingAccount(
  answer: RecordedAnswer,
  url: string,
  store: StoreReader,
): Promise<readonly string[]> {
  const account = await store.findAccount(idOf('acct', url));
  if (account === undefined) return [`${url} does not exist`];
  const { status, contact } = answer.json();
  return [
    ...behind(url, account.status, status),
    // The tests number the contacts of an account.
    ...(numberIn(account.contacts) >= numberIn(contact) ? [] : [`${url} has an older contact`]),
  ];
}

async function missingOrder(
  answer: RecordedAnswer,
  url: string,
  store: StoreReader,
): Promise<readonly string[]> {
  const found = await store.findOrder(idOf('order', url));
  if (found === undefined) return [`${url} does not exist`];
  const { status, certificate } = answer.json();
  const statuses = found.authorizations.map((authorization) => authorization.storedStatus);
  if (status === 'ready' && !statuses.every((one) => one === 'valid')) return [`${url} is not ready`];
  if (status === 'invalid' && statuses.every((one) => one === 'valid' || one === 'pending'))
    return [`${url} is not invalid`];
  if (status === 'valid' && found.order.certificateId !== idOf('cert', String(certificate)))
    return [`${url} has no certificate`];
  return [];
}

async function missingAuthorization(
  answer: RecordedAnswer,
  url: string,
  store: StoreReader,
): Promise<readonly string[]> {
  const found = await store.findAuthorization(idOf('authz', url));
  if (found === undefined) return [`${url} does not exist`];
  const { status, challenges } = answer.json() as {
    readonly status: string;
    readonly challenges: readonly { readonly url: string; readonly status: string }[];
  };
  return [
    ...behind(url, found.storedStatus, status),
    ...challenges.flatMap((shown) =>
      behind(
        shown.url,
        found.challenges.find(({ id }) => id === idOf('chal', shown.url))?.status,
        shown.status,
      ),
    ),
  ];
}

async function missingChallenge(
  answer: RecordedAnswer,
  url: string,
  store: StoreReader,
): Promise<readonly string[]> {
  const found = await store.findChallenge(idOf('chal', url));
  return behind(url, found?.challenge.status, answer.json().status);
}

async function missingCertificate(
  answer: RecordedAnswer,
  url: string,
  store: StoreReader,
): Promise<readonly string[]> {
  const found = await store.findCertificate(idOf('cert', url));
  return found?.chainPem === answer.body ? [] : [`${url} does not exist`];
}

/** The tests name the certificate in the kind. */
async function missingRevocation(answer: RecordedAnswer, store: StoreReader): Promise<readonly string[]> {
  const url = / of ([^ ,]+)/.exec(answer.kind)?.[1] ?? '';
  const found = await store.findCertificate(idOf('cert', url));
  return found?.revocation === undefined ? [`${url} is not revoked`] : [];
}

function behind(what: string, stored: string | undefined, shown: unknown): readonly string[] {
  if (stored === undefined) return [`${what} does not exist`];
  const isBehind = (RANKS[stored] ?? -1) < (RANKS[String(shown)] ?? 9);
  return isBehind ? [`${what} is ${stored}, not ${String(shown)}`] : [];
}

function idOf<Prefix extends IdPrefix>(prefix: Prefix, url: string) {
  const id = parseId(prefix, url.split('/').at(-1) ?? '');
  if (id === undefined) throw new Error(`${url} holds no ${prefix}`);
  return id;
}

function numberIn(contacts: unknown): number {
  return Number(/\d+/.exec(JSON.stringify(contacts ?? []))?.[0] ?? 0);
}
