import type { HttpAnswer, HttpQuestion } from '../../../src/client/http-transport.ts';
import type { AccountKey } from '../../../src/jws/sign.ts';
import { signFlattenedJws } from '../../../src/jws/sign.ts';

/** Who signs: a key alone, or with the account URL that it has. */
export interface Signer {
  readonly key: AccountKey;
  readonly url?: string;
}

/** An answer of an ACME server, whatever its status. */
export interface PlainAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
  /** The last part of the problem's type, when it is a problem. */
  readonly problem: string | undefined;
  json(): Readonly<Record<string, unknown>>;
}

/** A POST of one attempt (RFC 8555 section 6.2); without payload a POST-as-GET. */
export async function signedPost(
  url: string,
  signer: Signer,
  nonce: string,
  payload?: object,
): Promise<HttpQuestion> {
  const identity = signer.url === undefined ? { jwk: signer.key.jwk } : { kid: signer.url };
  const jws = await signFlattenedJws({
    privateKey: signer.key.privateKey,
    algorithm: signer.key.algorithm,
    protectedHeader: { nonce, url, ...identity },
    payload: payload === undefined ? '' : JSON.stringify(payload),
  });
  const headers = { 'content-type': 'application/jose+json' };
  return { method: 'POST', url, headers, body: JSON.stringify(jws) };
}

export function readAnswer({ status, headers, body }: HttpAnswer): PlainAnswer {
  const text = body.toString('utf8');
  const json = (): Readonly<Record<string, unknown>> => JSON.parse(text);
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
  const problem = isProblem ? String(json().type).split(':').at(-1) : undefined;
  return { status, location: headers.location, body: text, problem, json };
}
