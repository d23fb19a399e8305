import type { HttpAnswer, HttpTransport } from '../../../src/client/http-transport.ts';
import type { AccountKey } from '../../../src/jws/sign.ts';
import { signFlattenedJws } from '../../../src/jws/sign.ts';

/** Who signs: a key alone, or with the account URL that it has. */
export interface Signer {
  readonly key: AccountKey;
  readonly url?: string;
}

/** An answer as it came, with the number by which the trace knows it. */
export interface RecordedAnswer {
  /** What was asked, in words that a failure shows. */
  readonly kind: string;
  readonly path: string;
  readonly status: number;
  readonly location: string | undefined;
  /** No two answers share one. */
  readonly nonce: string;
  readonly body: string;
  /** The last part of the problem's type, when it is a problem. */
  readonly problem: string | undefined;
  json(): Readonly<Record<string, unknown>>;
}

/** Signed requests, each with all that it was answered kept. */
export interface RecordingClient {
  readonly answers: readonly RecordedAnswer[];
  /**
   * Without payload a POST-as-GET; without nonce with that of the last answer which no request has used. Requests that
   * are sent at the same time use connections of their own.
   */
  post(kind: string, path: string, signer: Signer, payload?: object, nonce?: string): Promise<RecordedAnswer>;
}

/** A client of the server at `origin`. */
export function createRecordingClient(origin: string, transport: HttpTransport): RecordingClient {
  const answers: RecordedAnswer[] = [];
  const nonces: string[] = [];
  async function nonce(): Promise<string> {
    const known = nonces.pop();
    if (known !== undefined) return known;
    const answer = await transport.send({ method: 'HEAD', url: `${origin}/acme/new-nonce` });
    return String(answer.headers['replay-nonce']);
  }
  return {
    answers,
    async post(kind, path, signer, payload, given) {
      const used = given ?? (await nonce());
      if (nonces.includes(used)) nonces.splice(nonces.indexOf(used), 1);
      const url = path.startsWith('http') ? path : `${origin}${path}`;
      const identity = signer.url === undefined ? { jwk: signer.key.jwk } : { kid: signer.url };
      const jws = await signFlattenedJws({
        privateKey: signer.key.privateKey,
        algorithm: signer.key.algorithm,
        protectedHeader: { nonce: used, url, ...identity },
        payload: payload === undefined ? '' : JSON.stringify(payload),
      });
      const headers = { 'content-type': 'application/jose+json' };
      const answer = recorded(
        kind,
        new URL(url).pathname,
        await transport.send({ method: 'POST', url, headers, body: JSON.stringify(jws) }),
      );
      answers.push(answer);
      nonces.push(answer.nonce);
      return answer;
    },
  };
}

function recorded(kind: string, path: string, { status, headers, body }: HttpAnswer): RecordedAnswer {
  const text = body.toString('utf8');
  const json = (): Readonly<Record<string, unknown>> => JSON.parse(text);
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
  return {
    kind,
    path,
    status,
    location: headers.location,
    nonce: String(headers['replay-nonce']),
    body: text,
    problem: isProblem ? String(json().type).split(':').at(-1) : undefined,
    json,
  };
}
