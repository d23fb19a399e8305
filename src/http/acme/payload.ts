import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { decodeBase64url } from '../../jws/base64url.ts';
import { AcmeError } from '../../protocol/acme-error.ts';
import type { AccountPost, KeyPost } from './verified-post.ts';

/** Of the mistakes in a payload; naming all of a long list would make the answer many times the request. */
const MOST_NAMED = 5;

type Post = Pick<AccountPost | KeyPost, 'payload'>;

/** DER as JSON carries it: base64url without padding (RFC 8555 section 7.4). */
export const base64urlBytes = z.string().transform((text, context) => {
  const bytes = decodeBase64url(text);
  if (bytes !== undefined && bytes.length > 0) return bytes;
  context.addIssue('must be DER in base64url without padding (not PEM, not plain base64)');
  return z.NEVER;
});

/** True for a POST-as-GET: RFC 8555 section 6.3. A payload of `{}` is not one. */
export function isPostAsGet(post: Post): boolean {
  return post.payload.length === 0;
}

/** Throws `malformed` unless the payload is empty: the resource can only be read (RFC 8555 section 6.3). */
export function requirePostAsGet(post: Post): void {
  if (isPostAsGet(post)) return;
  throw new AcmeError(
    'malformed',
    'This resource can only be read: sign an empty payload ("", not "{}"), which is a POST-as-GET (RFC 8555 section 6.3).',
  );
}

/** The payload as the schema types it; members that the schema does not name are dropped. Throws `malformed`. */
export function parsePayload<Schema extends z.ZodType>(post: Post, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parseJsonObject(post.payload));
  if (result.success) return result.data;
  const { issues } = result.error;
  const problems = issues.slice(0, MOST_NAMED).map(describe);
  const more = issues.length > MOST_NAMED ? `; and ${issues.length - MOST_NAMED} more` : '';
  throw new AcmeError(
    'malformed',
    `The payload is not what this resource takes. ${problems.join('; ')}${more}.`,
  );
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.');
  return `${place}: ${issue.code === 'invalid_type' ? `must be of type ${issue.expected}` : issue.message}`;
}

function parseJsonObject(payload: Uint8Array): object {
  if (payload.length === 0) {
    throw new AcmeError(
      'malformed',
      'The payload is empty, which makes a POST-as-GET (RFC 8555 section 6.3). This resource takes a JSON object: sign at least "{}".',
    );
  }
  // RFC 8259 section 8.1; a decoder would put replacement characters in place of what the client signed.
  if (!isUtf8(payload)) throw new AcmeError('malformed', 'The payload is not UTF-8, as JSON must be.');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch (cause) {
    throw new AcmeError('malformed', 'The payload is not JSON; this resource takes a JSON object.', {
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new AcmeError('malformed', 'The payload is JSON, but not an object, which this resource takes.');
}
