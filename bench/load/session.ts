import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { Channel } from './channel.ts';
import type { Answer } from './http-reader.ts';
import type { Recorder, Step } from './recorder.ts';

export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
}

/** One client: a connection, an account with its ES256 key, and the nonces that answers have brought. */
export interface Session {
  /** RFC 7638 thumbprint of the account key. */
  readonly thumbprint: string;
  /** Sends a signed request and times it; an undefined payload makes a POST-as-GET. Throws for anything but 2xx. */
  post(step: Step, url: string, payload?: unknown): Promise<Answer>;
  /** Sees to it that the connection stands and a nonce is there: a server may have closed it while another was measured. */
  wake(): Promise<void>;
  /** Where the next requests are counted. */
  recordTo(recorder: Recorder): void;
  close(): void;
}

interface Client {
  readonly channel: Channel;
  readonly directory: Directory;
  readonly key: KeyObject;
  readonly nonces: string[];
  /** `"kid":"..."` or `"jwk":{...}`. */
  authority: string;
  recorder: Recorder;
}

/** How often a request whose nonce was refused is sent again: RFC 8555 section 6.5. */
const NONCE_TRIES = 5;

/** Opens a session: fetches a nonce and registers an account. */
export async function openSession(
  channel: Channel,
  directory: Directory,
  recorder: Recorder,
): Promise<Session> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  // The members in the order that RFC 7638 section 3 hashes.
  const jwk = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
  const client: Client = {
    channel,
    directory,
    key: privateKey,
    nonces: [],
    authority: `"jwk":${jwk}`,
    recorder,
  };
  const account = await post(client, 'newAccount', directory.newAccount, { termsOfServiceAgreed: true });
  client.authority = `"kid":"${required(account, 'location')}"`;
  return {
    thumbprint: createHash('sha256').update(jwk).digest('base64url'),
    post: (step, url, payload) => post(client, step, url, payload),
    wake: async () => void client.nonces.push(await fetchNonce(client)),
    recordTo: (to) => {
      client.recorder = to;
    },
    close: () => channel.close(),
  };
}

/** A header that the answer must have. */
export function required(answer: Answer, header: string): string {
  const value = answer.headers.get(header);
  if (value === undefined) throw new Error(`an answer has no ${header} header: ${answer.body}`);
  return value;
}

async function post(client: Client, step: Step, url: string, payload: unknown): Promise<Answer> {
  const content = payload === undefined ? '' : JSON.stringify(payload);
  const path = new URL(url).pathname;
  for (let tries = 1; ; tries += 1) {
    const nonce = client.nonces.pop() ?? (await fetchNonce(client));
    const body = signed(client, url, nonce, content);
    const answer = await timed(client, step, () => client.channel.send('POST', path, body));
    keepNonce(client, answer);
    if (answer.status < 300) return answer;
    if (!answer.body.includes('urn:ietf:params:acme:error:badNonce') || tries === NONCE_TRIES)
      throw new Error(`${step} was answered with ${answer.status}: ${answer.body}`);
    client.recorder.badNonces += 1;
  }
}

async function fetchNonce(client: Client): Promise<string> {
  const path = new URL(client.directory.newNonce).pathname;
  const answer = await timed(client, 'newNonce', () => client.channel.send('HEAD', path, ''));
  return required(answer, 'replay-nonce');
}

function keepNonce(client: Client, answer: Answer): void {
  const nonce = answer.headers.get('replay-nonce');
  if (nonce !== undefined) client.nonces.push(nonce);
}

async function timed(client: Client, step: Step, send: () => Promise<Answer>): Promise<Answer> {
  client.recorder.requests += 1;
  const start = performance.now();
  const answer = await send();
  client.recorder.step(step, performance.now() - start);
  return answer;
}

/** Flattened JWS: RFC 8555 section 6.2. */
function signed(client: Client, url: string, nonce: string, content: string): string {
  const header = `{"alg":"ES256","nonce":"${nonce}","url":"${url}",${client.authority}}`;
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(content).toString('base64url')}`;
  const signature = sign('sha256', Buffer.from(input), { key: client.key, dsaEncoding: 'ieee-p1363' });
  const dot = input.indexOf('.');
  return `{"protected":"${input.slice(0, dot)}","payload":"${input.slice(dot + 1)}","signature":"${signature.toString('base64url')}"}`;
}
