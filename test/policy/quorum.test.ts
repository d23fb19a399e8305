import { describe, expect, test } from 'vitest';
import { allowedToDiffer, decideQuorum } from '../../src/policy/quorum.ts';

/** Remote perspectives, and how many of them may differ: the Baseline Requirements, section 3.2.2.9. */
const TABLE = [
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 1],
  [5, 1],
  [6, 2],
  [7, 2],
  [8, 2],
  [9, 2],
  [10, 2],
  [11, 2],
  [12, 2],
] as const;

describe.each(TABLE)('of %i remote perspectives', (remotes, allowed) => {
  test(`${allowed} may differ`, () => {
    expect(allowedToDiffer(remotes)).toBe(allowed);
  });

  test(`${allowed} that differ are outvoted, and one more is not, whichever they are`, () => {
    for (let failed = 0; failed <= remotes; failed += 1) {
      for (const first of [true, false]) {
        const corroborating = Array.from({ length: remotes }, (_, index) =>
          first ? index >= failed : index < remotes - failed,
        );
        expect(decideQuorum(corroborating)).toEqual({ corroborated: failed <= allowed, failed, allowed });
      }
    }
  });
});
