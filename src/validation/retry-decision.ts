import type { AttemptFailure, RetryDecision, RetrySituation } from '../policy/retry.ts';
import { decideRetry } from '../policy/retry.ts';
import type { RuleDecision } from '../protocol/validation-failure.ts';
import type { ValidationContext } from './validation-context.ts';

/** Asks the address policy about a failed attempt, and records what it said. Undefined when there was nothing to decide. */
export function recordRetryDecision(
  { steps, config }: ValidationContext,
  failure: AttemptFailure,
  situation: RetrySituation,
): RetryDecision | undefined {
  const decision = decideRetry(failure, situation, config.addressPolicy);
  if (decision !== undefined) {
    const { retry, rule, reason } = decision;
    const next = retry ? { address: decision.address.address } : {};
    steps.push({ step: 'retry', retried: retry, ...next, rule, reason });
  }
  return decision;
}

/** The decision as a failure carries it. */
export function ruleOf(decision: RetryDecision | undefined): RuleDecision {
  return decision === undefined ? {} : { rule: decision.rule, reason: decision.reason };
}
