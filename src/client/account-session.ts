import type { AccountKey } from '../jws/sign.ts';
import { keyAuthorization } from '../protocol/key-authorization.ts';
import type { AcmeClient } from './acme-client.ts';
import { UnexpectedAnswerError } from './client-error.ts';
import type { HttpAnswer } from './http-transport.ts';
import type { SignedSession } from './signed-session.ts';
import type { DirectoryResource } from './wire.ts';
import { accountResource, readResource } from './wire.ts';

export interface PostOptions {
  /** Signs with this key, named by `jwk`, instead of the account's. */
  readonly key?: AccountKey;
  readonly signal?: AbortSignal | undefined;
}

/** A session whose requests are signed by one account, once newAccount has told the account's URL. */
export interface AccountSession extends Pick<AcmeClient, 'newAccount' | 'keyAuthorization'> {
  directory(): Promise<DirectoryResource>;
  /** Without payload a POST-as-GET. */
  post(url: string, payload: object | undefined, options?: PostOptions): Promise<HttpAnswer>;
}

/** Binds a session to an account key. */
export function createAccountSession(session: SignedSession, accountKey: AccountKey): AccountSession {
  let accountUrl: string | undefined;
  return {
    directory: session.directory,
    keyAuthorization: (token) => keyAuthorization(token, accountKey.thumbprint),
    async newAccount({ contacts, termsOfServiceAgreed = true, onlyReturnExisting } = {}) {
      const { newAccount } = await session.directory();
      const payload = onlyReturnExisting
        ? { onlyReturnExisting }
        : { termsOfServiceAgreed, ...(contacts === undefined ? {} : { contact: contacts }) };
      const answer = await session.post(newAccount, { key: accountKey }, payload);
      const url = locationOf(answer, newAccount);
      accountUrl = url;
      return {
        ...readResource(accountResource, answer.body, newAccount),
        url,
        created: answer.status === 201,
      };
    },
    async post(url, payload, { key, signal } = {}) {
      if (key !== undefined) return session.post(url, { key }, payload, signal);
      if (accountUrl === undefined) throw new Error('newAccount comes before the requests of the account');
      return session.post(url, { key: accountKey, accountUrl }, payload, signal);
    },
  };
}

/** The URL of the resource that the answer made. Throws UnexpectedAnswerError without one. */
export function locationOf(answer: HttpAnswer, url: string): string {
  const location = answer.headers.location;
  if (location === undefined)
    throw new UnexpectedAnswerError(
      `${url} sent no Location, which RFC 8555 demands (sections 7.3 and 7.4).`,
    );
  return new URL(location, url).href;
}
