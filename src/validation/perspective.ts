import { suffices } from '../policy/rehearsal.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion } from '../protocol/validation-question.ts';
import type { ValidationStep } from '../protocol/validation-record.ts';
import type { FairGate } from '../runtime/fair-gate.ts';
import { startBudget } from './budget.ts';
import { checkCaa } from './caa.ts';
import { proveControl } from './prove-control.ts';
import type { ValidationContext, ValidationWorld, ValidatorConfig } from './validation-context.ts';

/** What was found from one place. */
export interface Observation {
  readonly steps: readonly ValidationStep[];
  readonly durationMs: number;
  /** Absent when control is proved. */
  readonly failure?: ValidationFailure;
}

/** What is looked at: the proof of control and then CAA, or CAA alone, when it is asked again before issuance. */
export type ObservedMatter = 'control-and-caa' | 'caa';

/** A place to validate from: a view of DNS and of the network. */
export interface Perspective {
  /** Never rejects, and leaves no socket behind. */
  observe(
    question: ValidationQuestion,
    signal: AbortSignal | undefined,
    matter: ObservedMatter,
  ): Promise<Observation>;
}

export interface PerspectiveOptions extends ValidationWorld {
  /** What every dial waits its turn at. */
  readonly dials: FairGate;
  /** Told of a fault of ours, whose details are for the log alone. */
  readonly onFault?: ((error: unknown, question: ValidationQuestion) => void) | undefined;
}

/** Makes a perspective that looks at the given world. Each validation has `totalTimeoutMs` of its own. */
export function createPerspective(config: ValidatorConfig, options: PerspectiveOptions): Perspective {
  const { onFault, ...world } = options;
  const { timer } = world;
  return {
    async observe(question, signal, matter) {
      const startedTick = timer.now();
      const steps: ValidationStep[] = [];
      const budget = startBudget(timer, config.totalTimeoutMs, signal);
      const context = { ...world, config, question, budget, steps };
      const failure = await findFailure(context, matter).catch((error) => {
        onFault?.(error, question);
        return FAULT;
      });
      budget.release();
      const observed = { steps, durationMs: timer.now() - startedTick };
      return failure === undefined ? observed : { ...observed, failure };
    },
  };
}

const FAULT: ValidationFailure = {
  class: 'internal',
  detail: 'The validation stopped by a fault of this server, whose log says more.',
};

async function findFailure(
  context: ValidationContext,
  matter: ObservedMatter,
): Promise<ValidationFailure | undefined> {
  const unproved = matter === 'caa' ? undefined : await proveControl(context);
  if (!suffices(unproved, context.question.rehearsal === true)) return unproved;
  return (await checkCaa(context)) ?? unproved;
}
