import type { Account } from '../protocol/account.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import { formatId } from '../protocol/ids.ts';
import type { ChallengeWithAuthorization } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { performValidation, recordWithoutSteps } from './perform-validation.ts';

/**
 * Takes up what a crash left half done. An interrupted validation had no outcome, so the one attempt that a challenge has
 * is still to be made, with the same token; where it could no longer count, the challenge becomes `invalid`. An
 * interrupted issuance needs nothing: its claim was in memory and its certificate, if signed, was given to nobody, so the
 * order is `ready` again. Resolves when every challenge is queued or decided.
 */
export async function recover(dependencies: RegistrationDependencies): Promise<void> {
  const { store, clock, tasks } = dependencies;
  const accounts = new Map<number, Account | undefined>();
  for (const interrupted of await store.findInterruptedChallenges()) {
    const { accountId } = interrupted.authorization;
    if (!accounts.has(accountId)) accounts.set(accountId, await store.findAccount(accountId));
    const account = accounts.get(accountId);
    const obstacle = obstacleTo(interrupted, account, clock.now());
    if (account === undefined || obstacle !== undefined) {
      await giveUp(dependencies, interrupted, obstacle ?? 'its account does not exist');
    } else {
      tasks.run((signal) => performValidation(dependencies, interrupted, account.thumbprint, signal));
    }
  }
}

/** Why an attempt could no longer count, in words that follow "because", or undefined. */
function obstacleTo(
  { authorization }: ChallengeWithAuthorization,
  account: Account | undefined,
  now: number,
): string | undefined {
  if (account?.status !== 'valid') return 'its account is no longer valid';
  const status = authorizationStatus(authorization, now);
  return status === 'pending' ? undefined : `its authorization is ${status}`;
}

async function giveUp(
  { store, clock }: RegistrationDependencies,
  { challenge, authorization }: ChallengeWithAuthorization,
  obstacle: string,
): Promise<void> {
  const now = clock.now();
  const detail =
    `The server stopped during the validation of ${formatId('chal', challenge.id)}, and did not take it up again ` +
    `because ${obstacle}. Make a new order, which brings new challenges.`;
  const question = { identifier: authorization.identifier, challengeType: challenge.type };
  const outcome = {
    challengeId: challenge.id,
    passed: false,
    validatedAt: now,
    record: recordWithoutSteps(question, now, { class: 'internal', detail }),
    problem: { code: 'unauthorized', detail },
    authorizationExpiresAt: authorization.expiresAt,
  } as const;
  await store.recordValidation(outcome, now);
}
