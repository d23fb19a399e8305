import { isUtf8 } from 'node:buffer';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import { decodeBase64url } from './base64url.ts';

/** The members of a protected header that ACME uses: RFC 8555 section 6.2. Others are ignored (RFC 7515 section 4). */
export interface ProtectedHeader {
  readonly alg: string;
  readonly nonce?: string;
  readonly url?: string;
  /** As sent; `importPublicKey` judges it. */
  readonly jwk?: unknown;
  readonly kid?: string;
}

/** A JWS whose shape is right and whose signature is still to be checked. */
export interface FlattenedJws {
  readonly header: ProtectedHeader;
  /** What the signature covers: RFC 7515 section 5.1 step 8. */
  readonly signingInput: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

export type JwsRefusalReason =
  | 'not-json'
  | 'not-flattened'
  | 'missing-member'
  | 'bad-base64url'
  | 'bad-header'
  | 'critical-extension'
  | 'unencoded-payload';

/** Why a body is no acceptable JWS. `detail` is a sentence for the client. */
export interface JwsRefusal {
  readonly reason: JwsRefusalReason;
  readonly detail: string;
}

/**
 * Reads a request body as flattened JSON serialization: RFC 7515 section 7.2.2, narrowed by RFC 8555 section 6.2 (every
 * header parameter protected, no unencoded payload). Checks the shape only: neither key nor signature nor algorithm.
 */
export function parseFlattenedJws(body: Uint8Array): Result<FlattenedJws, JwsRefusal> {
  const parsed = parseObject(body);
  if (parsed === undefined) {
    return refuse('not-json', 'The request body is not a JSON object in UTF-8; it must be a flattened JWS.');
  }
  const misshapen = checkSerialization(parsed);
  if (misshapen !== undefined) return refused(misshapen);
  const { protected: protectedText, payload: payloadText, signature: signatureText } = parsed;
  if (typeof protectedText !== 'string') return missing('protected');
  if (typeof payloadText !== 'string') return missing('payload');
  if (typeof signatureText !== 'string') return missing('signature');
  const headerBytes = decodeBase64url(protectedText);
  if (headerBytes === undefined) return badEncoding('protected');
  const payload = decodeBase64url(payloadText);
  if (payload === undefined) return badEncoding('payload');
  const signature = decodeBase64url(signatureText);
  if (signature === undefined) return badEncoding('signature');
  if (signature.length === 0) return refuse('missing-member', 'The "signature" of the JWS is empty.');
  const header = parseHeader(headerBytes);
  if (!header.ok) return header;
  const signingInput = Buffer.from(`${protectedText}.${payloadText}`, 'latin1');
  return accepted({ header: header.value, signingInput, payload, signature });
}

function checkSerialization(jws: Readonly<Record<string, unknown>>): JwsRefusal | undefined {
  if (Object.hasOwn(jws, 'signatures')) {
    return {
      reason: 'not-flattened',
      detail:
        'The JWS has "signatures"; ACME takes exactly one signature, in flattened JSON (RFC 8555 section 6.2).',
    };
  }
  if (Object.hasOwn(jws, 'header')) {
    return {
      reason: 'not-flattened',
      detail:
        'The JWS has an unprotected "header"; every header parameter must be protected (RFC 8555 section 6.2).',
    };
  }
  return undefined;
}

function parseHeader(bytes: Uint8Array): Result<ProtectedHeader, JwsRefusal> {
  const header = parseObject(bytes);
  if (header === undefined) {
    return refuse('bad-header', 'The protected header of the JWS is not a JSON object in UTF-8.');
  }
  // RFC 7797 section 6: b64 must be listed in crit; refused by its own name first, since RFC 8555 section 6.2 forbids it.
  if (Object.hasOwn(header, 'b64')) {
    return refuse('unencoded-payload', 'The protected header has "b64"; ACME takes encoded payloads only.');
  }
  // RFC 7515 section 4.1.11: an extension that is not understood makes the JWS invalid, and none is understood here.
  if (Object.hasOwn(header, 'crit')) {
    return refuse(
      'critical-extension',
      'The protected header has "crit"; this server knows no extension of it.',
    );
  }
  const { alg, nonce, url, kid } = header;
  if (typeof alg !== 'string') return badMember('alg', 'must be the name of an algorithm, such as "ES256"');
  if (nonce !== undefined && !isNonceText(nonce)) {
    // RFC 8555 section 6.5.2: a nonce that is not base64url makes the JWS malformed.
    return badMember('nonce', 'must be a base64url text as given in Replay-Nonce');
  }
  if (url !== undefined && typeof url !== 'string') return badMember('url', 'must be the URL of the request');
  if (kid !== undefined && typeof kid !== 'string') return badMember('kid', 'must be the URL of an account');
  return accepted({
    alg,
    ...(nonce === undefined ? {} : { nonce }),
    ...(url === undefined ? {} : { url }),
    ...(kid === undefined ? {} : { kid }),
    ...(Object.hasOwn(header, 'jwk') ? { jwk: header.jwk } : {}),
  });
}

function isNonceText(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value);
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function missing(member: string): Result<never, JwsRefusal> {
  return refuse('missing-member', `The JWS has no text member "${member}" (RFC 8555 section 6.2).`);
}

function badEncoding(member: string): Result<never, JwsRefusal> {
  return refuse(
    'bad-base64url',
    `The "${member}" of the JWS is not base64url without padding (RFC 7515 section 2).`,
  );
}

function badMember(member: string, demand: string): Result<never, JwsRefusal> {
  return refuse('bad-header', `"${member}" in the protected header ${demand}.`);
}

function refuse(reason: JwsRefusalReason, detail: string): Result<never, JwsRefusal> {
  return refused({ reason, detail });
}
