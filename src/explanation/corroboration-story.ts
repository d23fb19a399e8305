import type { Corroboration, PerspectiveRecord, ValidationStep } from '../protocol/validation-record.ts';
import { codeOf } from './failure-problem.ts';
import { corroborationWords, obstacleWords } from './perspectives-words.ts';
import { reachedIn } from './reached.ts';
import { tellStep } from './step-words.ts';
import { verdictWords } from './verdict-words.ts';
import { duration, ended, excerpt } from './wording.ts';

/** With what stands in front of it, a line of 100 columns. */
const LONGEST_LINE = 92;
/** Further lines that all who disagree share: with them a whole story stays on one screen. */
const FURTHER_LINES = 5;
const FURTHER_LINES_EACH = 3;

/**
 * What the remote perspectives found, after the `primary` one's steps: a line for each that corroborates, and for one that does
 * not also where its steps part from the primary's. A rehearsal proves nothing, so that in one nobody corroborates.
 */
export function tellCorroboration(
  corroboration: Corroboration,
  primary: readonly ValidationStep[],
  rehearsal = false,
): readonly string[] {
  const { remotes, failed } = corroboration;
  const each = Math.max(1, Math.min(FURTHER_LINES_EACH, Math.floor(FURTHER_LINES / Math.max(1, failed))));
  return [
    ended((rehearsal ? obstacleWords : corroborationWords)(corroboration)),
    ...remotes.flatMap((remote) => tellRemote(remote, primary, each)).map((line) => cut(`  ${line}`)),
  ];
}

function tellRemote(
  remote: PerspectiveRecord,
  primary: readonly ValidationStep[],
  atMost: number,
): readonly string[] {
  const { perspective, localAddresses = [], durationMs, failure } = remote;
  const from = localAddresses.length === 0 ? '' : ` (from ${localAddresses.join(', ')})`;
  if (failure === undefined)
    return [`${perspective}${from}: ${placeWords(remote.steps, primary)}, in ${duration(durationMs)}.`];
  return [
    `${perspective}${from}: ${codeOf(failure)}: ${ended(verdictWords(failure))}`,
    ...partingSteps(remote, primary)
      .flatMap(tellParting)
      .slice(0, atMost)
      .map((line) => `  ${line}`),
  ];
}

/** Whom it spoke to last, and what came of that where it is not what the primary perspective saw. */
function placeWords(steps: readonly ValidationStep[], primary: readonly ValidationStep[]): string {
  const there = reachedIn(steps);
  if (there.place === undefined) return 'the same';
  const here = reachedIn(primary);
  const status = there.status === here.status ? '' : `, status ${there.status}`;
  if (there.place !== here.place) return `another address, ${there.place}${status}`;
  return status === ''
    ? `the same at ${there.place}`
    : `the same address, ${there.place}, but${status.slice(1)}`;
}

/** What never makes a difference between what two perspectives saw: when, how long, and whom they asked. */
const BESIDE_THE_POINT: readonly string[] = ['durationMs', 'waitedMs', 'tries', 'ttlSeconds', 'source'];

function partingSteps(
  { steps }: PerspectiveRecord,
  primary: readonly ValidationStep[],
): readonly ValidationStep[] {
  const essence = (step: ValidationStep): string =>
    JSON.stringify(step, (key, value) => (BESIDE_THE_POINT.includes(key) ? undefined : value));
  const known = new Set(primary.map(essence));
  return steps.filter((step) => !known.has(essence(step)));
}

/** A step in as few lines as tell the difference: plans and retries show in what was dialled. */
function tellParting(step: ValidationStep): readonly string[] {
  switch (step.step) {
    case 'plan':
    case 'retry':
      return [];
    case 'compare':
      return step.received.map((value) => `Got "${excerpt(value)}".`);
    default:
      return tellStep(step);
  }
}

function cut(line: string): string {
  return excerpt(line, LONGEST_LINE);
}
