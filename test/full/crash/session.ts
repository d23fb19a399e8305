import type { HttpAnswer, HttpTransport } from '../../../src/client/http-transport.ts';
import { signFlattenedJws } from '../../../src/jws/sign.ts';
import type { AccountEntry, Ledger } from './ledger.ts';

export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: Buffer;
  json(): Readonly<Record<string, unknown>>;
  /** The last part of the problem document's type, when it is one. */
  readonly problem: string | undefined;
}

/** Plain signed requests, one attempt each, so that the ledger knows exactly what was acknowledged. */
export interface Session {
  readonly origin: string;
  /** How many requests are sent and not answered. */
  inFlight(): number;
  /** Without payload a POST-as-GET. */
  post(
    path: string,
    signer: Pick<AccountEntry, 'key'> & { readonly url?: string },
    payload?: object,
  ): Promise<Answer>;
  postWithNonce(nonce: string, path: string, signer: AccountEntry): Promise<Answer>;
  freshNonce(): Promise<string>;
}

/** `onSend` is told of each request just after it was handed to the socket. */
export function createSession(
  origin: string,
  transport: HttpTransport,
  ledger: Ledger,
  onSend: () => void,
): Session {
  let inFlight = 0;
  // Of answers in this session, so that a request does not need another one for its nonce.
  const unused: string[] = [];
  const send = async (question: Parameters<HttpTransport['send']>[0]): Promise<HttpAnswer> => {
    inFlight += 1;
    const answered = transport.send(question);
    onSend();
    try {
      const answer = await answered;
      ledger.answers += 1;
      const nonce = answer.headers['replay-nonce'];
      if (typeof nonce === 'string') ledger.nonces.add(nonce);
      return answer;
    } finally {
      inFlight -= 1;
    }
  };
  const freshNonce = async (): Promise<string> => {
    const nonce = unused.shift();
    if (nonce !== undefined) return nonce;
    const answer = await send({ method: 'HEAD', url: `${origin}/acme/new-nonce` });
    return String(answer.headers['replay-nonce']);
  };
  const postWithNonce: (
    ...args: readonly [string, string, Parameters<Session['post']>[1], object?]
  ) => Promise<Answer> = async (nonce, path, signer, payload) => {
    const url = path.startsWith('http') ? path : `${origin}${path}`;
    const identity = signer.url === undefined ? { jwk: signer.key.jwk } : { kid: signer.url };
    const jws = await signFlattenedJws({
      privateKey: signer.key.privateKey,
      algorithm: signer.key.algorithm,
      protectedHeader: { nonce, url, ...identity },
      payload: payload === undefined ? '' : JSON.stringify(payload),
    });
    const headers = { 'content-type': 'application/jose+json' };
    const answer = await send({ method: 'POST', url, headers, body: JSON.stringify(jws) });
    const next = answer.headers['replay-nonce'];
    if (typeof next === 'string') unused.push(next);
    return readAnswer(answer);
  };
  return {
    origin,
    inFlight: () => inFlight,
    freshNonce,
    postWithNonce,
    post: async (path, signer, payload) => postWithNonce(await freshNonce(), path, signer, payload),
  };
}

function readAnswer({ status, headers, body }: HttpAnswer): Answer {
  const json = (): Readonly<Record<string, unknown>> => JSON.parse(body.toString('utf8'));
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
  const problem = isProblem ? String(json().type).split(':').at(-1) : undefined;
  return { status, location: headers.location, body, json, problem };
}
