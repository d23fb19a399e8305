import type {
  LookupStep,
  RedirectStep,
  ResponseStep,
  ValidationStep,
} from '../protocol/validation-record.ts';

export interface RedirectGroup {
  readonly group: 'redirect';
  readonly response: ResponseStep;
  readonly redirect: RedirectStep;
}

/** Steps that a story tells together, in one sentence; `single` is any other. */
export type StepGroup =
  | { readonly group: 'addresses' | 'climb'; readonly steps: readonly [LookupStep, ...LookupStep[]] }
  | RedirectGroup
  | { readonly group: 'hops'; readonly hops: readonly [RedirectGroup, ...RedirectGroup[]] }
  | { readonly group: 'single'; readonly step: ValidationStep };

/** Groups the steps of a record, in their order. */
export function groupSteps(steps: readonly ValidationStep[]): readonly StepGroup[] {
  const groups: StepGroup[] = [];
  for (let at = 0; at < steps.length; ) {
    const [group, length] = groupAt(steps.slice(at));
    if (group !== undefined) groups.push(group);
    at += length;
  }
  return foldHops(groups);
}

/** One hop in the middle is told like any other. */
const FOLDED_AT_LEAST = 2;

/** Of a long chain of redirects the hops behind the first one in a single group, as far as nothing but the way on happened. */
function foldHops(groups: readonly StepGroup[]): readonly StepGroup[] {
  const [first = [], ...others] = hopsOf(groups);
  const middle: RedirectGroup[] = [];
  for (const hop of others) {
    const last = hop.at(-1);
    if (last?.group !== 'redirect' || !last.redirect.followed || !hop.every(isQuiet)) break;
    middle.push(last);
  }
  const [head, ...more] = middle;
  if (head === undefined || middle.length < FOLDED_AT_LEAST) return groups;
  const folded = { group: 'hops', hops: [head, ...more] } as const;
  return [...first, folded, ...others.slice(middle.length).flat()];
}

/** The groups up to and with each redirect, and what is left. */
function hopsOf(groups: readonly StepGroup[]): readonly (readonly StepGroup[])[] {
  const hops: StepGroup[][] = [[]];
  for (const group of groups) {
    hops.at(-1)?.push(group);
    if (group.group === 'redirect') hops.push([]);
  }
  return hops;
}

/** True for what goes on as it should. */
function isQuiet(group: StepGroup): boolean {
  if (group.group !== 'single') return group.group === 'addresses' || group.group === 'redirect';
  const { step } = group;
  if (step.step === 'plan') return step.filtered.length === 0 && step.first !== undefined;
  return step.step === 'attempt' && step.outcome === 'connected';
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
