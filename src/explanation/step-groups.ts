import type {
  LookupStep,
  RedirectStep,
  ResponseStep,
  ValidationStep,
} from '../protocol/validation-record.ts';

/** Steps that a story tells together, in one sentence; `single` is any other. */
export type StepGroup =
  | { readonly group: 'addresses' | 'climb'; readonly steps: readonly [LookupStep, ...LookupStep[]] }
  | { readonly group: 'redirect'; readonly response: ResponseStep; readonly redirect: RedirectStep }
  | { readonly group: 'single'; readonly step: ValidationStep };

/** Groups the steps of a record, in their order. */
export function groupSteps(steps: readonly ValidationStep[]): readonly StepGroup[] {
  const groups: StepGroup[] = [];
  for (let at = 0; at < steps.length; ) {
    const [group, length] = groupAt(steps.slice(at));
    if (group !== undefined) groups.push(group);
    at += length;
  }
  return groups;
}

/** The group that the steps begin with, and how many of them it takes. */
function groupAt(steps: readonly ValidationStep[]): readonly [StepGroup | undefined, number] {
  const [first, second] = steps;
  if (first === undefined) return [undefined, 1];
  if (first.step === 'response' && second?.step === 'redirect')
    return [{ group: 'redirect', response: first, redirect: second }, 2];
  if (first.step === 'lookup') {
    const alike = lookupsLike(first, steps);
    if (alike.length > 1) {
      const group = first.type === 'CAA' ? 'climb' : 'addresses';
      return [{ group, steps: [first, ...alike.slice(1)] }, alike.length];
    }
  }
  return [{ group: 'single', step: first }, 1];
}

/** The look-ups at the beginning that can share a sentence: all answered, by the same server, in the same way. */
function lookupsLike(first: LookupStep, steps: readonly ValidationStep[]): readonly LookupStep[] {
  const alike: LookupStep[] = [];
  for (const step of steps) {
    if (step.step !== 'lookup' || !isPlain(step) || essence(step) !== essence(first)) return alike;
    alike.push(step);
  }
  return alike;
}

function isPlain({ type, outcome, detail }: LookupStep): boolean {
  const isAnswered = outcome === 'answered' || outcome === 'empty';
  return detail === undefined && type !== 'TXT' && (isAnswered || (type === 'CAA' && outcome === 'nxdomain'));
}

/** Addresses are of one name; CAA is asked about several. */
function essence({ type, name, source, cnames, tries }: LookupStep): string {
  return JSON.stringify([type === 'CAA' ? type : name, source, cnames, tries]);
}
