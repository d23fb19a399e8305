import type { Account } from '../protocol/account.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import type { AccountId, ChallengeId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { ChallengeWithAuthorization } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { performValidation, recordWithoutSteps } from './perform-validation.ts';
import { recordOutcome } from './record-outcome.ts';
import { FEW_TRIES, throughOutage } from './through-outage.ts';

/** How many of one account are queued at a time: each that ends makes room for the next, so that few are in memory. */
const QUEUED_PER_ACCOUNT = 100;

/**
 * Takes up what a crash left half done. An interrupted validation had no outcome, so the one attempt that a challenge has
 * is still to be made, with the same token; where it could no longer count, the challenge becomes `invalid`. An
 * interrupted issuance needs nothing: its claim was in memory and its certificate, if signed, was given to nobody, so the
 * order is `ready` again. Resolves when every challenge has its place in the queue or behind one of its account that is
 * there; limits of unfinished validations are for new ones. Of those behind, only the ids are in memory.
 */
export async function recover(dependencies: RegistrationDependencies): Promise<void> {
  const byAccount = new Map<AccountId, ChallengeId[]>();
  for (const { challengeId, accountId } of await dependencies.store.findInterruptedChallenges()) {
    const ids = byAccount.get(accountId);
    if (ids === undefined) byAccount.set(accountId, [challengeId]);
    else ids.push(challengeId);
  }
  for (const [accountId, ids] of byAccount) {
    const line = ids.values();
    for (let queued = 0; queued < Math.min(ids.length, QUEUED_PER_ACCOUNT); queued += 1)
      queueNext(dependencies, accountId, line);
  }
}

/** Queues the next of the line, which queues the one after it when it ends. */
function queueNext(
  dependencies: RegistrationDependencies,
  accountId: AccountId,
  line: Iterator<ChallengeId>,
): void {
  const next = line.next();
  if (next.done === true) return;
  dependencies.tasks.run(accountId, async (signal) => {
    try {
      await takeUp(dependencies, next.value, signal);
    } finally {
      queueNext(dependencies, accountId, line);
    }
  });
}

async function takeUp(
  dependencies: RegistrationDependencies,
  id: ChallengeId,
  signal: AbortSignal,
): Promise<void> {
  const found = await readInterrupted(dependencies, id, signal);
  // It may have been swept before its turn came.
  if (found?.interrupted?.challenge.status !== 'processing' || signal.aborted) return;
  const { interrupted, account } = found;
  const obstacle = obstacleTo(interrupted, account, dependencies.clock.now());
  if (account === undefined || obstacle !== undefined)
    await giveUp(dependencies, interrupted, obstacle ?? 'its account does not exist', signal);
  else await performValidation(dependencies, interrupted, account.thumbprint, signal);
}

interface Interrupted {
  readonly interrupted: ChallengeWithAuthorization | undefined;
  readonly account: Account | undefined;
}

/**
 * Reads through a short outage. After a longer one the challenge is left for the next start, with a line in the log: a part
 * of the disk that can never be read again must not hold a place for ever. Answers undefined then, and when `signal` aborted.
 */
async function readInterrupted(
  { store, timer, logger }: RegistrationDependencies,
  id: ChallengeId,
  signal: AbortSignal,
): Promise<Interrupted | undefined> {
  const read = async (): Promise<Interrupted> => {
    const interrupted = await store.findChallenge(id);
    const accountId = interrupted?.authorization.accountId;
    return { interrupted, account: accountId === undefined ? undefined : await store.findAccount(accountId) };
  };
  try {
    return await throughOutage(read, { timer, signal, tries: FEW_TRIES });
  } catch (err) {
    logger.error(
      { challenge: formatId('chal', id), err },
      'A challenge whose validation was interrupted could not be read. The next start takes it up.',
    );
    return undefined;
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
  dependencies: RegistrationDependencies,
  { challenge, authorization }: ChallengeWithAuthorization,
  obstacle: string,
  signal: AbortSignal,
): Promise<void> {
  const now = dependencies.clock.now();
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
  await recordOutcome(dependencies, outcome, signal);
}
