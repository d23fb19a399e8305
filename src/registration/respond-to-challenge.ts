import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import type { Challenge } from '../protocol/challenge.ts';
import type { ChallengeId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { ChallengeWithAuthorization } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { performValidation } from './perform-validation.ts';
import { readChallenge } from './read-challenge.ts';
import { accountNotValid, tooManyUnfinished } from './refusals.ts';

/**
 * RFC 8555 section 7.5.1: claims the challenge, starts its validation behind the answer, and answers it as `processing`.
 * Of racing requests one claims; the others are answered as the challenge stands. Throws as `readChallenge` does, 404
 * `malformed` when the authorization has expired, `malformed` when it is decided against, 401 `unauthorized` when the
 * account was deactivated meanwhile, 429 `rateLimited`, with the challenge as it was, when too many validations are
 * unfinished already.
 */
export async function respondToChallenge(
  dependencies: RegistrationDependencies,
  account: Account,
  id: ChallengeId,
  accountUrl?: string,
): Promise<ChallengeWithAuthorization> {
  const { store, clock, tasks } = dependencies;
  const found = await readChallenge(store, account, id);
  const now = clock.now();
  if (standsAlready(found, now)) return found;
  requireStillOpen(found, now);
  // Before the claim, so that a challenge that is refused is still pending, and can be answered later.
  const place = tasks.reserve(account.id);
  if (place.outcome === 'full') throw tooManyUnfinished(place, 'The challenge is unchanged: answer it again');
  let won = false;
  try {
    won = await store.claimChallenge(id, now, accountUrl);
  } finally {
    if (!won) place.giveUp();
  }
  if (!won) {
    const current = await readChallenge(store, account, id);
    if (standsAlready(current, now)) return current;
    requireStillOpen(current, now);
    // Nothing about the challenge stood in the way, so the account did.
    throw accountNotValid();
  }
  const claimed = asClaimed(found, accountUrl);
  // A queue that takes nothing more belongs to a server that stops: the claim is on disk, and `recover` goes on from it.
  place.run((signal) => performValidation(dependencies, claimed, account.thumbprint, signal));
  return claimed;
}

/**
 * Clients post a challenge again after it, or another of the same authorization, has become valid, and rely on 200, as
 * Let's Encrypt answers them.
 */
function standsAlready({ challenge, authorization }: ChallengeWithAuthorization, now: number): boolean {
  if (challenge.status === 'valid' || challenge.status === 'processing') return true;
  return challenge.status === 'pending' && authorizationStatus(authorization, now) === 'valid';
}

function requireStillOpen({ challenge, authorization }: ChallengeWithAuthorization, now: number): void {
  const status = authorizationStatus(authorization, now);
  const name = `${formatId('authz', authorization.id)} for ${authorization.identifier.value}`;
  if (status === 'expired') {
    throw new AcmeError(
      'malformed',
      `The authorization ${name} has expired. Make a new order, which brings new challenges.`,
      { status: 404 },
    );
  }
  if (challenge.status === 'invalid') {
    throw new AcmeError(
      'malformed',
      `The challenge ${formatId('chal', challenge.id)} has failed, and one attempt is all that a challenge has. ` +
        'Its error says why. Put that right, then make a new order, which brings new challenges.',
    );
  }
  if (status !== 'pending') {
    throw new AcmeError(
      'malformed',
      `The authorization ${name} is ${status}, and a challenge can be answered only while its authorization is ` +
        'pending. Make a new order, which brings new challenges.',
    );
  }
}

function asClaimed(
  { challenge: found, authorization }: ChallengeWithAuthorization,
  accountUrl: string | undefined,
): ChallengeWithAuthorization {
  const kept = accountUrl === undefined ? {} : { accountUrl };
  const challenge: Challenge = { ...found, status: 'processing', ...kept };
  const challenges = authorization.challenges.map((each) => (each.id === challenge.id ? challenge : each));
  return { challenge, authorization: { ...authorization, challenges } };
}
