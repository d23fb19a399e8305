import type { Authorization } from '../../protocol/authorization.ts';
import { authorizationStatus } from '../../protocol/authorization.ts';
import type { Challenge } from '../../protocol/challenge.ts';
import type { PersistNames } from './render-challenge.ts';
import { renderChallenge } from './render-challenge.ts';
import { renderTime } from './render-time.ts';
import type { Urls } from './urls.ts';

/** The authorization object at `now` (milliseconds since 1970): RFC 8555 section 7.1.4. */
export function renderAuthorization(
  authorization: Authorization,
  urls: Urls,
  names: PersistNames,
  now: number,
): object {
  const { identifier, wildcard, expiresAt, challenges } = authorization;
  return {
    identifier: { type: identifier.type, value: identifier.value },
    status: authorizationStatus(authorization, now),
    expires: renderTime(expiresAt),
    challenges: worthShowing(challenges).map((challenge) => renderChallenge(challenge, urls, names)),
    // RFC 8555 section 7.1.4: present and true for wildcards, else absent.
    ...(wildcard ? { wildcard } : {}),
  };
}

/** RFC 8555 section 7.1.4: once one challenge has decided the authorization, the others are not to be tried. */
function worthShowing(challenges: readonly Challenge[]): readonly Challenge[] {
  const decided = challenges.filter(({ status }) => status === 'valid' || status === 'invalid');
  return decided.length === 0 ? challenges : decided;
}
