import * as z from 'zod';
import { UnexpectedAnswerError } from './client-error.ts';

const identifier = z.object({ type: z.string(), value: z.string() });

const subproblem = z.object({
  type: z.string().optional(),
  detail: z.string().optional(),
  identifier: identifier.optional(),
});

/** RFC 8555 section 6.7. */
export const problemDocument = z.object({
  type: z.string().optional(),
  detail: z.string().optional(),
  status: z.number().optional(),
  subproblems: z.array(subproblem).optional(),
});

/** RFC 8555 section 7.1.1. */
export const directoryResource = z.object({
  newNonce: z.string(),
  newAccount: z.string(),
  newOrder: z.string(),
  revokeCert: z.string(),
  keyChange: z.string().optional(),
  meta: z
    .object({ termsOfService: z.string().optional(), externalAccountRequired: z.boolean().optional() })
    .optional(),
});

/** RFC 8555 section 7.1.2. */
export const accountResource = z.object({
  status: z.string(),
  contact: z.array(z.string()).optional(),
});

/** RFC 8555 section 7.1.3. */
export const orderResource = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  identifiers: z.array(identifier),
  authorizations: z.array(z.string()),
  finalize: z.string(),
  certificate: z.string().optional(),
  expires: z.string().optional(),
  error: problemDocument.optional(),
});

/** RFC 8555 section 8. */
export const challengeResource = z.object({
  type: z.string(),
  url: z.string(),
  status: z.enum(['pending', 'processing', 'valid', 'invalid']),
  token: z.string().optional(),
  error: problemDocument.optional(),
});

/** RFC 8555 section 7.1.4. */
export const authorizationResource = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier,
  wildcard: z.boolean().optional(),
  challenges: z.array(challengeResource),
});

export type DirectoryResource = z.infer<typeof directoryResource>;
export type AccountResource = z.infer<typeof accountResource>;
export type OrderResource = z.infer<typeof orderResource>;
export type ChallengeResource = z.infer<typeof challengeResource>;
export type AuthorizationResource = z.infer<typeof authorizationResource>;

/** A resource and the URL that it is read from. */
export type Located<Resource> = Resource & { readonly url: string };

/** Reads a JSON body. Throws UnexpectedAnswerError that names the URL and what is missing. */
export function readResource<Resource>(schema: z.ZodType<Resource>, body: Uint8Array, url: string): Resource {
  const result = schema.safeParse(parseJson(body));
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`,
  );
  throw new UnexpectedAnswerError(
    `${url} did not answer as an ACME server does (${faults.slice(0, 3).join('; ')}). Is this the URL of an ACME directory?`,
  );
}

/** JSON, or undefined for anything else. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
