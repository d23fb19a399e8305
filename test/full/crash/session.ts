import type { HttpAnswer, HttpTransport } from '../../../src/client/http-transport.ts';
import type { PlainAnswer, Signer } from '../support/signed-exchange.ts';
import { readAnswer, signedPost } from '../support/signed-exchange.ts';
import type { Ledger } from './ledger.ts';

/** Plain signed requests, one attempt each, so that the ledger knows exactly what was acknowledged. */
export interface Session {
  readonly origin: string;
  /** How many requests are sent and not answered. */
  inFlight(): number;
  /** Without payload a POST-as-GET. */
  post(path: string, signer: Signer, payload?: object): Promise<PlainAnswer>;
  postWithNonce(nonce: string, path: string, signer: Signer): Promise<PlainAnswer>;
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
  const postWithNonce = async (
    nonce: string,
    path: string,
    signer: Signer,
    payload?: object,
  ): Promise<PlainAnswer> => {
    const url = path.startsWith('http') ? path : `${origin}${path}`;
    const answer = await send(await signedPost(url, signer, nonce, payload));
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
