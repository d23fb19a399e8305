import type { StoryLine } from '../explanation/story.ts';
import { tellStory } from '../explanation/story.ts';
import type { Authorization, AuthorizationStatus } from '../protocol/authorization.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import type { Challenge, ChallengeStatus } from '../protocol/challenge.ts';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { FailureClass } from '../protocol/failure-class.ts';
import { failureClassOf } from '../protocol/failure-class.ts';
import type { Identifier, RequestedIdentifier } from '../protocol/identifier.ts';
import { formatId } from '../protocol/ids.ts';
import type { OrderStatus } from '../protocol/order.ts';
import type { Problem } from '../protocol/problem.ts';
import { errorUrn } from '../protocol/problem.ts';
import type { ValidationRecord } from '../protocol/validation-record.ts';
import type { OrderWithAuthorizations } from '../store/store.ts';
import type { Explained, ExplainedCertificate } from './explain-target.ts';
import { explainedStatus } from './explain-target.ts';

/** What `touchstone explain --json` prints: docs/json-output.md. Programs read it, so that a member is never renamed. */
export interface ExplanationDocument {
  /** The members of an order are absent where only a part of one was asked for. */
  readonly order?: string;
  readonly status?: OrderStatus;
  readonly names?: readonly string[];
  readonly expires?: string;
  readonly problem?: ProblemObject;
  readonly certificate?: CertificateObject;
  readonly authorizations: readonly AuthorizationObject[];
}

interface AuthorizationObject {
  readonly id: string;
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly status: AuthorizationStatus;
  readonly expires: string;
  /** Those that were tried. */
  readonly challenges: readonly ChallengeObject[];
}

interface ChallengeObject {
  readonly id: string;
  readonly type: ChallengeType;
  readonly status: ChallengeStatus;
  readonly problem?: ProblemObject;
  /** What the failure is called in docs/diagnosis.md. */
  readonly failureClass?: FailureClass;
  /** Record and story are absent while the validation is under way. */
  readonly record?: ValidationRecord;
  readonly story?: readonly StoryLine[];
}

interface CertificateObject {
  readonly id: string;
  readonly serial: string;
  readonly notAfter: string;
  readonly revocation?: { readonly reason: number; readonly at: string };
}

/** The members of a problem document (RFC 7807, RFC 8555 section 6.7) that are kept. */
interface ProblemObject {
  readonly type: string;
  readonly detail: string;
  readonly subproblems?: readonly {
    readonly type: string;
    readonly detail: string;
    readonly identifier: RequestedIdentifier;
  }[];
}

/** The document for what was found, with the statuses of `now` (milliseconds since 1970). */
export function explanationDocument(
  { order, authorizations, certificate }: Explained,
  now: number,
): ExplanationDocument {
  return {
    ...(order === undefined ? {} : orderMembers(order, now)),
    ...(certificate === undefined ? {} : { certificate: certificateObject(certificate) }),
    authorizations: authorizations.map((authorization) => authorizationObject(authorization, now)),
  };
}

function orderMembers(found: OrderWithAuthorizations, now: number) {
  const { order } = found;
  return {
    order: formatId('order', order.id),
    status: explainedStatus(found, now),
    names: order.identifiers.map((identifier) => identifier.value),
    expires: timeOf(order.expiresAt),
    ...problemMember(order.problem),
  };
}

function certificateObject({ id, serial, notAfter, revocation }: ExplainedCertificate): CertificateObject {
  const revoked =
    revocation === undefined ? {} : { revocation: { reason: revocation.reason, at: timeOf(revocation.at) } };
  return { id: formatId('cert', id), serial, notAfter: timeOf(notAfter), ...revoked };
}

function authorizationObject(authorization: Authorization, now: number): AuthorizationObject {
  const { id, identifier, wildcard, expiresAt, challenges } = authorization;
  return {
    id: formatId('authz', id),
    identifier,
    wildcard,
    status: authorizationStatus(authorization, now),
    expires: timeOf(expiresAt),
    challenges: challenges.filter(({ status }) => status !== 'pending').map(challengeObject),
  };
}

function challengeObject({ id, type, status, problem, record }: Challenge): ChallengeObject {
  const told = record === undefined ? {} : { record, story: tellStory(record) };
  const failure = record?.failure;
  const named = failure === undefined ? {} : { failureClass: failureClassOf(failure) };
  return { id: formatId('chal', id), type, status, ...problemMember(problem), ...named, ...told };
}

function problemMember(problem: Problem | undefined): { readonly problem?: ProblemObject } {
  if (problem === undefined) return {};
  const { code, detail, subproblems } = problem;
  const parts = subproblems?.map((part) => ({
    type: errorUrn(part.code),
    detail: part.detail,
    identifier: part.identifier,
  }));
  return {
    problem: { type: errorUrn(code), detail, ...(parts === undefined ? {} : { subproblems: parts }) },
  };
}

/** RFC 3339, as the API's own times (RFC 8555 section 7.1.3). */
function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
