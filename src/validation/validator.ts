import type { ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion, ValidationVerdict, Validator } from '../protocol/validation-question.ts';
import type { ValidationStep } from '../protocol/validation-record.ts';
import type { Clock } from '../runtime/clock.ts';
import { startBudget } from './budget.ts';
import { createDialGate } from './dial-turn.ts';
import { validateDns01 } from './dns-01.ts';
import { validateHttp01 } from './http-01.ts';
import type { ValidationContext, ValidationWorld, ValidatorConfig } from './validation-context.ts';

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
  const { clock, onFault, ...world } = options;
  const dials = createDialGate(config);
  return {
    async validate(question, signal) {
      const startedAt = clock.now();
      const startedTick = world.timer.now();
      const steps: ValidationStep[] = [];
      const budget = startBudget(world.timer, config.totalTimeoutMs, signal);
      const failure = await findFailure({ ...world, config, dials, question, budget, steps }).catch(
        (error) => {
          onFault?.(error, question);
          return FAULT;
        },
      );
      budget.release();
      const { identifier, challengeType } = question;
      const verdict: ValidationVerdict = {
        passed: failure === undefined,
        record: {
          identifier,
          challengeType,
          addressPolicy: config.addressPolicy,
          startedAt,
          durationMs: world.timer.now() - startedTick,
          steps,
          ...(failure === undefined ? {} : { failure }),
        },
      };
      return verdict;
    },
  };
}

const FAULT: ValidationFailure = {
  class: 'internal',
  detail: 'The validation stopped by a fault of this server, whose log says more.',
};

async function findFailure(context: ValidationContext): Promise<ValidationFailure | undefined> {
  switch (context.question.challengeType) {
    case 'http-01':
      return validateHttp01(context);
    case 'dns-01':
      return validateDns01(context);
  }
}
