import type { AccountKey } from '../jws/sign.ts';
import { signFlattenedJws } from '../jws/sign.ts';
import { isProblemOfType, RefusedError, UnexpectedAnswerError } from './client-error.ts';
import type { HttpAnswer, HttpTransport } from './http-transport.ts';
import { createNoncePool, nonceOf } from './nonce-pool.ts';
import type { DirectoryResource } from './wire.ts';
import { directoryResource, parseJson, problemDocument, readResource } from './wire.ts';

/** A nonce that was refused twice more is a server's fault, not bad luck. */
const BAD_NONCE_RETRIES = 3;

/** Who signs. The key is named by its account's URL, or without one by itself: RFC 8555 section 6.2. */
export interface RequestIdentity {
  readonly key: AccountKey;
  readonly accountUrl?: string;
}

export interface SignedSession {
  directory(): Promise<DirectoryResource>;
  /**
   * Posts a signed request; without payload a POST-as-GET (RFC 8555 section 6.3). A badNonce is answered by the same
   * request under the fresh nonce. Throws RefusedError for any other problem.
   */
  post(
    url: string,
    identity: RequestIdentity,
    payload: object | undefined,
    signal?: AbortSignal,
  ): Promise<HttpAnswer>;
}

/** Signed requests to one server, whose directory is read once. */
export function createSignedSession(directoryUrl: string, transport: HttpTransport): SignedSession {
  const nonces = createNoncePool(askForNonce);
  let directoryRead: Promise<DirectoryResource> | undefined;

  function directory(): Promise<DirectoryResource> {
    directoryRead ??= readDirectory().catch((error: unknown) => {
      directoryRead = undefined;
      throw error;
    });
    return directoryRead;
  }

  async function readDirectory(): Promise<DirectoryResource> {
    const answer = await transport.send({ method: 'GET', url: directoryUrl });
    if (answer.status !== 200) throw refusal(answer, directoryUrl);
    return readResource(directoryResource, answer.body, directoryUrl);
  }

  async function askForNonce(): Promise<string> {
    const { newNonce } = await directory();
    const answer = await transport.send({ method: 'HEAD', url: newNonce });
    const nonce = nonceOf(answer.headers);
    if (nonce === undefined)
      throw new UnexpectedAnswerError(`${newNonce} sent no Replay-Nonce (status ${answer.status}).`);
    return nonce;
  }

  return {
    directory,
    async post(url, identity, payload, signal) {
      let nonce = await nonces.take();
      for (let retries = 0; ; retries += 1) {
        const body = await sign(url, nonce, identity, payload);
        const headers = { 'content-type': 'application/jose+json' };
        const answer = await transport.send({ method: 'POST', url, headers, body, signal });
        if (answer.status < 400) {
          nonces.keep(answer.headers);
          return answer;
        }
        const error = refusal(answer, url);
        if (!isProblemOfType(error.problem, 'badNonce') || retries === BAD_NONCE_RETRIES) {
          nonces.keep(answer.headers);
          throw error;
        }
        // RFC 8555 section 6.5: the error's own nonce is the one to retry with.
        nonce = nonceOf(answer.headers) ?? (await askForNonce());
      }
    },
  };
}

function refusal(answer: HttpAnswer, url: string): RefusedError {
  const problem = problemDocument.safeParse(parseJson(answer.body));
  const document = problem.success ? problem.data : {};
  const detail = document.detail ?? `${url} answered ${answer.status} without a problem document`;
  return new RefusedError({ ...document, detail }, answer.status, url);
}

async function sign(
  url: string,
  nonce: string,
  { key, accountUrl }: RequestIdentity,
  payload: object | undefined,
): Promise<string> {
  const name = accountUrl === undefined ? { jwk: key.jwk } : { kid: accountUrl };
  const jws = await signFlattenedJws({
    privateKey: key.privateKey,
    algorithm: key.algorithm,
    protectedHeader: { nonce, url, ...name },
    payload: payload === undefined ? '' : JSON.stringify(payload),
  });
  return JSON.stringify(jws);
}
