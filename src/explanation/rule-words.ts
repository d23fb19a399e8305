import type { AddressFamilyRule } from '../protocol/address-family-rule.ts';
import type { PlanStep, RetryStep } from '../protocol/validation-record.ts';
import { sentence } from './wording.ts';

/** The rules that forbid a retry. A policy that retries where one of them applies departs from it. */
const AGAINST_RETRIES: readonly AddressFamilyRule[] = [
  'no-retry-on-other-errors',
  'first-request-only',
  'redirect-no-retry',
  'http-01-only',
];

/** What was decided about a retry, and by which rule, or against which one. */
export function tellRetry({ reason, rule, retried }: RetryStep): string {
  const departs = retried && AGAINST_RETRIES.includes(rule);
  return `${sentence(reason)} [${departs ? 'departs from rule' : 'rule'} ${rule}]`;
}

/** The rules by which addresses were chosen, as one sentence; nothing where there was no choice. */
export function tellPlanRules({ rules, spare }: PlanStep): string | undefined {
  if (rules.length === 0) return undefined;
  const isLeft = (rule: AddressFamilyRule) => spare !== undefined && AGAINST_RETRIES.includes(rule);
  const kept = rules.filter((rule) => !isLeft(rule));
  const left = rules.filter(isLeft);
  const departs = left.length === 0 ? '' : `; the policy departs from ${left.join(' and ')}`;
  return `By the ${kept.length === 1 ? 'rule' : 'rules'} ${kept.join(' and ')}${departs}.`;
}
