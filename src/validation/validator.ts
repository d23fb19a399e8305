import type { ValidationQuestion, Validator } from '../protocol/validation-question.ts';
import type { Clock } from '../runtime/clock.ts';
import { createDialGate } from './dial-turn.ts';
import { createPerspective } from './perspective.ts';
import type { ValidationWorld, ValidatorConfig } from './validation-context.ts';

export interface ValidatorOptions extends ValidationWorld {
  /** Dates the records. */
  readonly clock: Clock;
  /** Told of a fault of ours, whose details are for the log alone. */
  readonly onFault?: (error: unknown, question: ValidationQuestion) => void;
}

/**
 * Makes the validation authority. Any number of validations may run at once; their dials take turns by account, within
 * `maxDials` and its companions. `validate` never rejects, and leaves no socket behind.
 */
export function createValidator(config: ValidatorConfig, options: ValidatorOptions): Validator {
  const { clock, ...world } = options;
  const primary = createPerspective(config, { ...world, dials: createDialGate(config) });
  return {
    async validate(question, signal) {
      const startedAt = clock.now();
      const observed = await primary.observe(question, signal);
      const { identifier, challengeType } = question;
      return {
        passed: observed.failure === undefined,
        record: { identifier, challengeType, addressPolicy: config.addressPolicy, startedAt, ...observed },
      };
    },
  };
}
