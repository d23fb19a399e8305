import type { KeyObject } from 'node:crypto';
import { createHmac, sign } from 'node:crypto';
import { connect } from 'node:net';
import type { SignatureAlgorithm } from '../../src/jws/algorithms.ts';
import { SIGNATURE_SCHEMES } from '../../src/jws/algorithms.ts';
import type { AccountKey } from '../../src/jws/sign.ts';
import { generateAccountKey } from '../../src/jws/sign.ts';

/** A JWS of which every part can be wrong. */
export interface LooseJws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
  readonly [member: string]: unknown;
}

export interface AcmeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON body, or an empty object. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** What to send otherwise than a correct client would. */
export interface Deviations {
  /** Members put over those of the protected header; `undefined` takes one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly contentType?: string;
  readonly signingKey?: KeyObject;
  /** The last change before sending. */
  readonly body?: (jws: LooseJws) => string | Uint8Array;
}

/** How requests are sent; node's own fetch unless told otherwise. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** A client that signs as RFC 8555 section 6.2 says, unless told to deviate. */
export class AcmeRequests {
  readonly base: string;
  readonly key: AccountKey;
  readonly fetch: Fetch;
  /** The account URL, once there is one. */
  kid: string | undefined;
  /** Nonces of answers (RFC 8555 section 6.5), when they are to be used instead of asking for one each time. */
  spareNonces: string[] | undefined;

  constructor(base: string, key: AccountKey, fetcher: Fetch = fetch) {
    this.base = base;
    this.key = key;
    this.fetch = fetcher;
  }

  static async withNewKey(
    base: string,
    algorithm: SignatureAlgorithm = 'ES256',
    fetcher: Fetch = fetch,
  ): Promise<AcmeRequests> {
    return new AcmeRequests(base, await generateAccountKey(algorithm), fetcher);
  }

  static async withAccount(
    base: string,
    algorithm: SignatureAlgorithm = 'ES256',
    fetcher: Fetch = fetch,
  ): Promise<AcmeRequests> {
    const client = await AcmeRequests.withNewKey(base, algorithm, fetcher);
    await client.register();
    return client;
  }

  async register(payload: object = { termsOfServiceAgreed: true }): Promise<AcmeAnswer> {
    const answer = await this.post('/acme/new-account', payload);
    this.kid = answer.headers.get('location') ?? undefined;
    return answer;
  }

  async nonce(): Promise<string> {
    const spare = this.spareNonces?.pop();
    if (spare !== undefined) return spare;
    const response = await this.fetch(`${this.base}/acme/new-nonce`, { method: 'HEAD' });
    return response.headers.get('replay-nonce') ?? '';
  }

  /** Signs and posts; `payload` undefined is a POST-as-GET. newAccount is signed with `jwk`, all else with `kid`. */
  async post(path: string, payload?: unknown, deviations: Deviations = {}): Promise<AcmeAnswer> {
    const url = this.base + path;
    const withKid = this.kid !== undefined && path !== '/acme/new-account';
    const header = {
      alg: this.key.algorithm,
      nonce: deviations.header !== undefined && 'nonce' in deviations.header ? undefined : await this.nonce(),
      url,
      ...(withKid ? { kid: this.kid } : { jwk: this.key.jwk }),
      ...deviations.header,
    };
    const jws = signLoosely(
      header,
      payload,
      deviations.signingKey ?? this.key.privateKey,
      this.key.algorithm,
    );
    const answer = await send(
      url,
      deviations.body?.(jws) ?? JSON.stringify(jws),
      deviations.contentType ?? 'application/jose+json',
      this.fetch,
    );
    this.spareNonces?.push(answer.headers.get('replay-nonce') ?? '');
    return answer;
  }
}

export function base64url(data: unknown): string {
  return Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)).toString('base64url');
}

/** Signs whatever header it is given, independently of the code under test. */
export function signLoosely(
  header: object,
  payload: unknown,
  key: KeyObject,
  algorithm: SignatureAlgorithm,
): LooseJws {
  const protectedText = base64url(header);
  const payloadText = payload === undefined ? '' : base64url(payload);
  const input = Buffer.from(`${protectedText}.${payloadText}`);
  const { hash, encoding } = SIGNATURE_SCHEMES[algorithm];
  const signature =
    key.type === 'secret'
      ? createHmac('sha256', key).update(input).digest()
      : sign(hash, input, encoding === undefined ? key : { key, dsaEncoding: encoding });
  return { protected: protectedText, payload: payloadText, signature: signature.toString('base64url') };
}

export async function send(
  url: string,
  body: string | Uint8Array,
  contentType: string,
  fetcher: Fetch = fetch,
): Promise<AcmeAnswer> {
  const response = await fetcher(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : Buffer.from(body),
    headers: { 'Content-Type': contentType },
  });
  return toAnswer(response);
}

export async function get(url: string, init: RequestInit = {}): Promise<AcmeAnswer> {
  return toAnswer(await fetch(url, init));
}

async function toAnswer(response: Response): Promise<AcmeAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.endsWith('json') === true && text !== '';
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : {},
  };
}

/** Sends bytes as they are and answers everything that came until the server closed the connection. */
export function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      received += text;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

/** The short name of a problem's type, for instance `badNonce`. */
export function problemOf(answer: Pick<AcmeAnswer, 'json' | 'headers'>): unknown {
  const { type } = answer.json;
  const isProblem = answer.headers.get('content-type') === 'application/problem+json';
  return isProblem && typeof type === 'string' ? type.replace('urn:ietf:params:acme:error:', '') : undefined;
}
