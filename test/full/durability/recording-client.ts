import type { HttpTransport } from '../../../src/client/http-transport.ts';
import type { PlainAnswer, Signer } from '../support/signed-exchange.ts';
import { readAnswer, signedPost } from '../support/signed-exchange.ts';

/** An answer as it came, with the number by which the trace knows it. */
export interface RecordedAnswer extends PlainAnswer {
  /** What was asked, in words that a failure shows. */
  readonly kind: string;
  readonly path: string;
  /** No two answers share one. */
  readonly nonce: string;
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
      const came = await transport.send(await signedPost(url, signer, used, payload));
      const answer = {
        ...readAnswer(came),
        kind,
        path: new URL(url).pathname,
        nonce: String(came.headers['replay-nonce']),
      };
      answers.push(answer);
      nonces.push(answer.nonce);
      return answer;
    },
  };
}
