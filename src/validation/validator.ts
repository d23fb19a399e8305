import type { ValidationQuestion, ValidationVerdict, Validator } from '../protocol/validation-question.ts';
import { createDialGate } from './dial-turn.ts';
import type { ObservedMatter } from './perspective.ts';
import { createPerspective } from './perspective.ts';
import type { ValidationWorld, ValidatorConfig } from './validation-context.ts';

export interface ValidatorOptions extends ValidationWorld {
  /** Told of a fault of ours, whose details are for the log alone. */
  readonly onFault?: (error: unknown, question: ValidationQuestion) => void;
}

/**
 * Makes the validation authority. Any number of validations may run at once; their dials take turns by account, within
 * `maxDials` and its companions. Neither function rejects, and none leaves a socket behind.
 */
export function createValidator(config: ValidatorConfig, options: ValidatorOptions): Validator {
  const { clock } = options;
  const primary = createPerspective(config, { ...options, dials: createDialGate(config) });
  const answer = async (
    question: ValidationQuestion,
    signal: AbortSignal | undefined,
    matter: ObservedMatter,
  ): Promise<ValidationVerdict> => {
    const startedAt = clock.now();
    const observed = await primary.observe(question, signal, matter);
    const { identifier, challengeType } = question;
    return {
      passed: observed.failure === undefined,
      record: { identifier, challengeType, addressPolicy: config.addressPolicy, startedAt, ...observed },
    };
  };
  return {
    validate: (question, signal) => answer(question, signal, 'control-and-caa'),
    checkCaa: (question, signal) => answer(question, signal, 'caa'),
  };
}
