import { suffices } from '../policy/rehearsal.ts';
import type { ValidationQuestion, ValidationVerdict, Validator } from '../protocol/validation-question.ts';
import { createDialGate } from './dial-turn.ts';
import { KEPT_STEPS_BYTES, keptCorroboration, keptSteps } from './kept-steps.ts';
import type { ObservedMatter } from './perspective.ts';
import { createPerspective } from './perspective.ts';
import type { RemotePerspective } from './perspectives.ts';
import { corroborate } from './perspectives.ts';
import type { ValidationWorld, ValidatorConfig } from './validation-context.ts';

/** What a remote perspective sees the world by, and what it is called. */
export interface RemoteView extends Pick<ValidationWorld, 'resolver' | 'network'> {
  readonly name: string;
  /** For the record: the local addresses that both of them use, where it has its own. */
  readonly localAddresses?: readonly string[];
}

export interface ValidatorOptions extends ValidationWorld {
  /** The remote perspectives, in the order of records and problems; none unless given. */
  readonly remotes?: readonly RemoteView[];
  /** Told of a fault of ours, whose details are for the log alone. */
  readonly onFault?: (error: unknown, question: ValidationQuestion) => void;
}

/**
 * Makes the validation authority. Any number of validations may run at once; their dials, those of the remote perspectives
 * among them, take turns by account, within `maxDials` and its companions. Neither function rejects, and none leaves a
 * socket behind.
 */
export function createValidator(config: ValidatorConfig, options: ValidatorOptions): Validator {
  const { remotes: views = [], ...world } = options;
  const { clock, timer } = world;
  const dials = createDialGate(config);
  const primary = createPerspective(config, { ...world, dials });
  const remotes = views.map(({ resolver, network, ...remote }): RemotePerspective => {
    return { ...remote, ...createPerspective(config, { ...world, resolver, network, dials }) };
  });
  const answer = async (
    question: ValidationQuestion,
    signal: AbortSignal | undefined,
    matter: ObservedMatter,
  ): Promise<ValidationVerdict> => {
    const startedAt = clock.now();
    const observed = await primary.observe(question, signal, matter);
    const steps = keptSteps(observed.steps, KEPT_STEPS_BYTES);
    const { identifier, challengeType } = question;
    const record = {
      identifier,
      challengeType,
      addressPolicy: config.addressPolicy,
      startedAt,
      ...observed,
      steps,
    };
    const passed = observed.failure === undefined;
    if (remotes.length === 0 || !suffices(observed.failure, question.rehearsal === true))
      return { passed, record };
    const startedTick = timer.now();
    const corroborated = await corroborate(remotes, question, signal, matter, observed.steps);
    const durationMs = observed.durationMs + timer.now() - startedTick;
    return {
      passed: passed && corroborated.failure === undefined,
      record: { ...record, durationMs, ...keptCorroboration(corroborated) },
    };
  };
  return {
    validate: (question, signal) => answer(question, signal, 'control-and-caa'),
    checkCaa: (question, signal) => answer(question, signal, 'caa'),
  };
}
