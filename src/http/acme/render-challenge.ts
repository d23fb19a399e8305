import { renderBoulderRecord } from '../../explanation/boulder-record.ts';
import type { Challenge } from '../../protocol/challenge.ts';
import { renderProblem } from './problem-response.ts';
import { renderTime } from './render-time.ts';
import type { Urls } from './urls.ts';

/** What the record of dns-persist-01 is made of. */
export interface PersistNames {
  /** The account's URL, as the request names this server. */
  readonly accountUrl: string;
  /** What this CA is called; any of them will do. */
  readonly issuers: readonly string[];
}

/** The challenge object: RFC 8555 section 8. `validationRecord` is Let's Encrypt's addition, which client authors read. */
export function renderChallenge(challenge: Challenge, urls: Urls, names: PersistNames): object {
  const { type, status, validatedAt, problem, record } = challenge;
  return {
    type,
    url: urls.challenge(challenge.id),
    status,
    ...(type === 'dns-persist-01' ? persistMembers(challenge, names) : { token: challenge.token }),
    ...(validatedAt === undefined ? {} : { validated: renderTime(validatedAt) }),
    ...(problem === undefined ? {} : { error: renderProblem(problem) }),
    ...(record === undefined ? {} : { validationRecord: renderBoulderRecord(record) }),
  };
}

/**
 * draft-ietf-acme-dns-persist section 3: the record stays, so no token is in it. An account that has answered sees the URL that
 * its record is held against.
 */
function persistMembers({ accountUrl }: Challenge, names: PersistNames): object {
  return { accounturi: accountUrl ?? names.accountUrl, 'issuer-domain-names': names.issuers };
}

/** The headers that go with a challenge: its authorization, and when to ask again while it is validated. */
export function challengeHeaders(
  challenge: Challenge,
  urls: Urls,
): Readonly<Record<string, string | readonly string[]>> {
  return {
    Location: urls.challenge(challenge.id),
    // RFC 8555 section 7.5.1.
    Link: [`<${urls.authorization(challenge.authorizationId)}>;rel="up"`],
    ...pollHeaders([challenge]),
  };
}

/** RFC 8555 section 8.2: while a validation is under way, Retry-After says when to ask again, in seconds. */
export function pollHeaders(challenges: readonly Challenge[]): Readonly<Record<string, string>> {
  return challenges.some(({ status }) => status === 'processing') ? { 'Retry-After': '1' } : {};
}
