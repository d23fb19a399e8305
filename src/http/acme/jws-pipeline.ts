import type { IncomingMessage } from 'node:http';
import { algorithmFitsKey, isSignatureAlgorithm, SIGNATURE_ALGORITHMS } from '../../jws/algorithms.ts';
import type { FlattenedJws, ProtectedHeader } from '../../jws/flattened-jws.ts';
import { parseFlattenedJws } from '../../jws/flattened-jws.ts';
import type { KeyCache } from '../../jws/key-cache.ts';
import type { ImportedKey } from '../../jws/public-key.ts';
import { importPublicKey } from '../../jws/public-key.ts';
import type { SignatureVerifier } from '../../jws/verify.ts';
import { checkAccountKey } from '../../policy/key-policy.ts';
import { quote } from '../../policy/quote.ts';
import type { Account } from '../../protocol/account.ts';
import { AcmeError } from '../../protocol/acme-error.ts';
import { accountNotValid } from '../../registration/refusals.ts';
import type { Registration } from '../../registration/registration.ts';
import { readBody } from '../../runtime/body-reader.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { Nonces } from './nonces.ts';
import type { RequestAddress } from './request-base.ts';
import { accountIdOfKid } from './urls.ts';
import type { AccountPost, KeyPost } from './verified-post.ts';

/** What each kind of signer leads to: an account named by `kid`, the key in `jwk`, or either. */
interface PostOf {
  readonly account: AccountPost;
  readonly key: KeyPost;
  readonly 'account-or-key': AccountPost | KeyPost;
}

/** Who must have signed. */
export type Signer = keyof PostOf;

/** What the pipeline works with. */
export interface JwsPipelineDependencies {
  readonly registration: Pick<Registration, 'findAccount'>;
  readonly nonces: Pick<Nonces, 'redeem'>;
  readonly keyCache: KeyCache;
  readonly verifier: SignatureVerifier;
  readonly timer: Timer;
}

const BODY_LIMITS = { limitBytes: 64 * 1024, deadlineMs: 30_000 } as const;

/**
 * Checks a POST request as RFC 8555 section 6 demands, in this order: content type, size, shape, algorithm, which key,
 * account, key, signature, nonce, URL. The nonce is used up only by a request whose signature is good, so that nobody
 * else can burn it. Throws an AcmeError for whatever does not pass.
 */
export async function verifyPost<Who extends Signer>(
  dependencies: JwsPipelineDependencies,
  request: IncomingMessage,
  address: RequestAddress,
  signer: Who,
): Promise<PostOf[Who]>;
export async function verifyPost(
  dependencies: JwsPipelineDependencies,
  request: IncomingMessage,
  address: RequestAddress,
  signer: Signer,
): Promise<AccountPost | KeyPost> {
  requireJoseContentType(request.headers['content-type']);
  const jws = parseJws(await readWholeBody(request, dependencies.timer));
  requireAcceptedAlgorithm(jws.header.alg);
  requireOneKey(jws.header, signer);
  if (jws.header.kid === undefined) {
    const key = requireKey(jws.header);
    await requireGenuine(dependencies, jws, key, address);
    return keyPost(jws, key);
  }
  const account = await requireAccount(dependencies.registration, jws.header.kid);
  const key = accountKey(dependencies.keyCache, account);
  requireFittingAlgorithm(jws.header.alg, key);
  await requireGenuine(dependencies, jws, key, address);
  return accountPost(jws, account);
}

/** RFC 8555 section 6.2: any other content type MUST be answered 415. */
function requireJoseContentType(contentType: string | undefined): void {
  if (contentType?.trim().toLowerCase() === 'application/jose+json') return;
  const got = contentType === undefined ? 'without a Content-Type' : 'with another Content-Type';
  throw new AcmeError(
    'malformed',
    `The request came ${got}; POST requests need exactly "Content-Type: application/jose+json" (RFC 8555 section 6.2).`,
    { status: 415 },
  );
}

async function readWholeBody(request: IncomingMessage, timer: Timer): Promise<Uint8Array> {
  const body = await readBody(request, BODY_LIMITS, timer);
  switch (body.outcome) {
    case 'complete':
      return body.bytes;
    case 'too-large':
      throw new AcmeError('malformed', 'The request body is larger than 64 kB. No ACME request needs that.', {
        status: 413,
      });
    case 'too-slow':
      throw new AcmeError('malformed', 'The request body did not arrive within 30 seconds. Send it again.', {
        status: 408,
      });
    case 'aborted':
      throw new AcmeError('malformed', 'The connection was closed before the request body was complete.');
  }
}

function parseJws(body: Uint8Array): FlattenedJws {
  const parsed = parseFlattenedJws(body);
  if (parsed.ok) return parsed.value;
  throw new AcmeError('malformed', parsed.refusal.detail);
}

/** RFC 8555 section 6.2: the answer MUST list the algorithms that are accepted. */
function requireAcceptedAlgorithm(algorithm: string): void {
  if (isSignatureAlgorithm(algorithm)) return;
  throw new AcmeError(
    'badSignatureAlgorithm',
    `The JWS is signed with ${quote(algorithm)}. Accepted are ${SIGNATURE_ALGORITHMS.join(', ')}.`,
    { extensions: { algorithms: SIGNATURE_ALGORITHMS } },
  );
}

/** RFC 8555 section 6.2: `jwk` and `kid` are mutually exclusive, and each request type demands one of them. */
function requireOneKey({ jwk, kid }: ProtectedHeader, signer: Signer): void {
  const fail = (detail: string): never => {
    throw new AcmeError('malformed', `${detail} (RFC 8555 section 6.2).`);
  };
  if (jwk !== undefined && kid !== undefined)
    fail('The protected header has both "jwk" and "kid"; one is right');
  if (jwk === undefined && kid === undefined) fail('The protected header has neither "jwk" nor "kid"');
  if (signer === 'account' && kid === undefined)
    fail('The protected header has "jwk", but this resource needs the URL of an account in "kid"');
  if (signer === 'key' && jwk === undefined)
    fail('The protected header has "kid", but this resource needs the public key itself in "jwk"');
}

function requireKey(header: ProtectedHeader): ImportedKey {
  const imported = importPublicKey(header.jwk);
  if (!imported.ok) throw new AcmeError('badPublicKey', imported.refusal.detail);
  requireFittingAlgorithm(header.alg, imported.value);
  const checked = checkAccountKey(imported.value.jwk);
  if (!checked.ok) throw new AcmeError('badPublicKey', checked.refusal.detail);
  return imported.value;
}

function requireFittingAlgorithm(algorithm: string, key: ImportedKey): void {
  const { jwk, declaredAlgorithm } = key;
  if (algorithmFitsKey(algorithm, jwk) && (declaredAlgorithm ?? algorithm) === algorithm) return;
  const kind = jwk.kty === 'RSA' ? 'an RSA key' : `a key on ${jwk.crv}`;
  const declared = declaredAlgorithm === undefined ? '' : ', and whose "alg" says otherwise';
  throw new AcmeError(
    'malformed',
    `"alg" is ${algorithm}, but the request is signed with ${kind}${declared}. Sign with the algorithm of the key.`,
  );
}

async function requireAccount(
  registration: Pick<Registration, 'findAccount'>,
  kid: string,
): Promise<Account> {
  const id = accountIdOfKid(kid);
  if (id === undefined) {
    throw new AcmeError(
      'malformed',
      '"kid" is not an account URL of this server. Use the Location that newAccount answered with.',
    );
  }
  const account = await registration.findAccount(id);
  if (account === undefined) {
    throw new AcmeError(
      'accountDoesNotExist',
      'The account in "kid" does not exist on this server. Register the key with newAccount.',
    );
  }
  if (account.status !== 'valid') throw accountNotValid();
  return account;
}

/** The imported key of the account; the thumbprint tells a key that has been replaced since. */
function accountKey(cache: KeyCache, account: Account): ImportedKey {
  const cached = cache.get(account.id);
  if (cached?.thumbprint === account.thumbprint) return cached;
  const imported = importPublicKey(account.key);
  if (!imported.ok) throw new Error(`the stored key of account ${account.id} cannot be imported`);
  cache.put(account.id, imported.value);
  return imported.value;
}

async function requireGenuine(
  { verifier, nonces }: JwsPipelineDependencies,
  jws: FlattenedJws,
  key: ImportedKey,
  address: RequestAddress,
): Promise<void> {
  if (!(await verifier.verify(jws, key))) {
    throw new AcmeError(
      'malformed',
      'The signature of the JWS is not that of its key over its protected header and payload.',
    );
  }
  // RFC 8555 section 6.5: redeeming is one step that says whether it won.
  if (jws.header.nonce === undefined || !nonces.redeem(jws.header.nonce)) {
    throw new AcmeError(
      'badNonce',
      'The nonce is missing, was used before, or is not from this server process. Sign the request again with the nonce of this response.',
    );
  }
  requireRequestUrl(jws.header.url, address);
}

/** RFC 8555 section 6.4: string equality with the URL that the server gave out, else `unauthorized`. */
function requireRequestUrl(signed: string | undefined, { base, target }: RequestAddress): void {
  const expected = base + target;
  if (signed === expected) return;
  if (signed === undefined)
    throw new AcmeError('malformed', 'The protected header has no "url" (RFC 8555 section 6.4).');
  throw new AcmeError(
    'unauthorized',
    `The JWS was signed for ${quote(signed)}, but was sent to ${quote(expected)} (RFC 8555 section 6.4).`,
  );
}

function accountPost(jws: FlattenedJws, account: Account): AccountPost {
  return Object.freeze({ signedBy: 'account', account, payload: jws.payload }) as AccountPost;
}

function keyPost(jws: FlattenedJws, { jwk, thumbprint }: ImportedKey): KeyPost {
  return Object.freeze({ signedBy: 'key', key: { jwk, thumbprint }, payload: jws.payload }) as KeyPost;
}
