import { isIP } from 'node:net';
import type { AcmeClient } from './acme-client.ts';
import type { ValidationFailureReport } from './client-error.ts';
import { UnexpectedAnswerError, ValidationFailedError } from './client-error.ts';
import type { Http01Responder } from './http01-responder.ts';
import type { AuthorizationResource, ChallengeResource, Located } from './wire.ts';

/** What has just been done, in the order of the protocol. */
export type ObtainStep =
  | { readonly step: 'account'; readonly url: string; readonly created: boolean }
  | { readonly step: 'order'; readonly url: string }
  | { readonly step: 'responding'; readonly names: readonly string[] }
  /** `reused`: valid from an earlier order, so nothing had to be proved (RFC 8555 section 7.1.4). */
  | { readonly step: 'authorized'; readonly name: string; readonly reused: boolean }
  | { readonly step: 'finalized' }
  | { readonly step: 'downloaded'; readonly url: string };

export interface ObtainRequest {
  readonly client: AcmeClient;
  readonly responder: Pick<Http01Responder, 'serve' | 'forget'>;
  /** Domain names and addresses. */
  readonly names: readonly string[];
  /** DER of a CSR for exactly these names. */
  readonly csr: Uint8Array;
  readonly onStep?: (step: ObtainStep) => void;
  readonly signal?: AbortSignal;
}

export interface ObtainedCertificate {
  /** The leaf, then its issuers, PEM. */
  readonly chainPem: string;
  readonly accountUrl: string;
  readonly orderUrl: string;
  readonly certificateUrl: string;
}

/**
 * The whole way from names to a certificate, by http-01: RFC 8555 section 7. All names are proved side by side. Throws
 * ValidationFailedError with every name that failed, and what the client's operations throw.
 */
export async function obtainCertificate(request: ObtainRequest): Promise<ObtainedCertificate> {
  const { client, signal } = request;
  const tell = request.onStep ?? (() => undefined);
  const account = await client.newAccount();
  tell({ step: 'account', url: account.url, created: account.created });
  const order = await client.newOrder(request.names.map(toIdentifier));
  tell({ step: 'order', url: order.url });
  const authorizations = await Promise.all(order.authorizations.map((url) => client.authorization(url)));
  await prove(request, authorizations, tell);
  const issued = await client.finalize(order, request.csr, signal);
  tell({ step: 'finalized' });
  if (issued.certificate === undefined)
    throw new UnexpectedAnswerError(
      `${order.url} is valid and names no certificate (RFC 8555 section 7.1.3).`,
    );
  const chainPem = await client.certificate(issued.certificate);
  tell({ step: 'downloaded', url: issued.certificate });
  return {
    chainPem,
    accountUrl: account.url,
    orderUrl: order.url,
    certificateUrl: issued.certificate,
  };
}

/** A name as an identifier: RFC 8555 section 9.7.7, RFC 8738 for addresses. */
export function toIdentifier(name: string): { readonly type: 'dns' | 'ip'; readonly value: string } {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name };
}

async function prove(
  request: ObtainRequest,
  authorizations: readonly Located<AuthorizationResource>[],
  tell: (step: ObtainStep) => void,
): Promise<void> {
  const open = authorizations.filter((authorization) => authorization.status !== 'valid');
  for (const authorization of authorizations) {
    if (authorization.status === 'valid')
      tell({ step: 'authorized', name: authorization.identifier.value, reused: true });
  }
  if (open.length > 0)
    tell({ step: 'responding', names: open.map((authorization) => authorization.identifier.value) });
  const outcomes = await Promise.all(open.map((authorization) => proveOne(request, authorization, tell)));
  const failures = outcomes.filter((outcome) => outcome !== undefined);
  if (failures.length > 0) throw new ValidationFailedError(failures);
}

async function proveOne(
  request: ObtainRequest,
  authorization: Located<AuthorizationResource>,
  tell: (step: ObtainStep) => void,
): Promise<ValidationFailureReport | undefined> {
  const { client, responder, signal } = request;
  const name = authorization.identifier.value;
  const { url, token } = http01Of(authorization);
  responder.serve(token, client.keyAuthorization(token));
  try {
    await client.respond(url);
    const decided = await client.awaitAuthorization(authorization.url, signal);
    if (decided.status !== 'valid') return failureOf(name, decided);
    tell({ step: 'authorized', name, reused: false });
    return undefined;
  } finally {
    responder.forget(token);
  }
}

function http01Of(authorization: Located<AuthorizationResource>): {
  readonly url: string;
  readonly token: string;
} {
  const challenge = authorization.challenges.find((candidate) => candidate.type === 'http-01');
  if (challenge?.token !== undefined) return { url: challenge.url, token: challenge.token };
  const offered = authorization.challenges.map((candidate) => candidate.type).join(', ');
  throw new UnexpectedAnswerError(
    `the server offers no http-01 for ${authorization.identifier.value}, only: ${offered || 'nothing'}. This client speaks http-01 alone.`,
  );
}

function failureOf(name: string, authorization: Located<AuthorizationResource>): ValidationFailureReport {
  const failed: ChallengeResource | undefined =
    authorization.challenges.find((challenge) => challenge.error !== undefined) ??
    authorization.challenges[0];
  return {
    name,
    challengeUrl: failed?.url ?? authorization.url,
    problem: failed?.error ?? {
      detail: `the authorization became ${authorization.status}, and the server gave no reason`,
    },
  };
}
