import { decideQuorum } from '../policy/quorum.ts';
import { suffices } from '../policy/rehearsal.ts';
import type { PerspectivesFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion } from '../protocol/validation-question.ts';
import type { Corroboration, PerspectiveRecord, ValidationStep } from '../protocol/validation-record.ts';
import type { ObservedMatter, Perspective } from './perspective.ts';

/** A perspective beside the primary one. */
export interface RemotePerspective extends Perspective, Pick<PerspectiveRecord, 'localAddresses'> {
  readonly name: string;
}

export interface CorroborationResult {
  readonly corroboration: Corroboration;
  /** Present when too many perspectives saw something else. */
  readonly failure?: PerspectivesFailure;
}

/**
 * Has all remote perspectives look at the same, side by side, and counts them: the Baseline Requirements, section 3.2.2.9. Every
 * one is waited for, so that the record is complete; their order is that of `remotes`, and never that of their answers. `primary`
 * are the steps of the primary perspective.
 */
export async function corroborate(
  remotes: readonly RemotePerspective[],
  question: ValidationQuestion,
  signal: AbortSignal | undefined,
  matter: ObservedMatter,
  primary: readonly ValidationStep[],
): Promise<CorroborationResult> {
  const records = await Promise.all(
    remotes.map(async ({ name, localAddresses, observe }): Promise<PerspectiveRecord> => {
      const view = { perspective: name, ...(localAddresses === undefined ? {} : { localAddresses }) };
      return { ...view, ...(await observe(question, signal, matter)) };
    }),
  );
  const isRehearsal = question.rehearsal === true;
  const quorum = decideQuorum(records.map(({ failure }) => suffices(failure, isRehearsal)));
  const { failed, allowed } = quorum;
  const corroboration = { remotes: records, failed, allowed };
  if (quorum.corroborated) return { corroboration };
  const disagreeing = records.flatMap(({ perspective, failure }) => {
    return failure === undefined || suffices(failure, isRehearsal) ? [] : [{ perspective, failure }];
  });
  const primaryAddresses = connectedAddresses(primary);
  const beside = primaryAddresses.length === 0 ? {} : { primaryAddresses };
  return {
    corroboration,
    failure: { class: 'perspectives', remotes: records.length, allowed, ...beside, disagreeing },
  };
}

function connectedAddresses(steps: readonly ValidationStep[]): readonly string[] {
  const addresses = steps.flatMap((step) =>
    step.step === 'attempt' && step.outcome === 'connected' ? [step.address] : [],
  );
  return [...new Set(addresses)];
}
