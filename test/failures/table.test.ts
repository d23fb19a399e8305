import { afterAll, describe, expect, test } from 'vitest';
import { FAILURE_CLASSES } from '../../src/protocol/failure-class.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { hasIpv6Loopback } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import { V6 } from './failure-case.ts';
import { needsOwnProcess, playInOwnProcess } from './own-process.ts';
import type { Played } from './stage.ts';
import { play } from './stage.ts';
import { FAILURE_CASES } from './table.ts';

const ROWS_OF_A_CLASS = 3;
const ROWS = 90;

const ipv6 = await hasIpv6Loopback();
if (!ipv6) console.warn('SKIPPED: the failure cases of IPv6, because this machine has no ::1');

const ownProcess = playInOwnProcess(temporaryFolder(afterAll));
// The rows that wait for it tell of a failure.
ownProcess.catch(() => undefined);

async function playWhereItBelongs(row: FailureCase): Promise<Played> {
  if (!needsOwnProcess(row)) return play(row);
  const played = (await ownProcess)(row);
  if (played === undefined) throw new Error('the process of its own has played something else');
  return played;
}

function canBePlayed(row: FailureCase): boolean {
  // Its shells can limit open files.
  if (needsOwnProcess(row)) return process.platform === 'linux';
  const { servers = {}, question } = row;
  const places = [...Object.keys(servers), question?.identifier?.value ?? ''];
  return ipv6 || !places.some((place) => place.startsWith(V6));
}

describe.concurrent('a failure case', () => {
  for (const row of FAILURE_CASES) {
    test.skipIf(!canBePlayed(row))(`${row.is}: ${row.what}`, async ({ expect }) => {
      const { failureClass, code, detail, steps, record, story, dialled } = await playWhereItBelongs(row);
      expect({ class: failureClass, code, detail }).toEqual({
        class: row.is,
        code: row.code,
        detail: row.detail,
      });
      expect(steps).toEqual(row.steps);
      // Every dial that the network was told to make is in the record, and no other; one for want of a descriptor is repeated.
      const dials = needsOwnProcess(row) ? [...new Set(dialled)] : dialled;
      expect(record.steps.flatMap((step) => (step.step === 'attempt' ? [step.address] : []))).toEqual(dials);
      const [verdict, hint, more] = story.slice(-3);
      expect(verdict?.text).toContain(`${row.code} (${row.is}): `);
      expect(detail.endsWith(` ${hint?.text}`)).toBe(true);
      expect(more?.text).toBe(`docs/diagnosis.md#${row.is}`);
    });
  }
});

describe('the table of failure cases', () => {
  test.each(FAILURE_CLASSES)('has at least three rows of %s', (failureClass) => {
    const rows = FAILURE_CASES.filter(({ is }) => is === failureClass);
    expect(rows.length).toBeGreaterThanOrEqual(ROWS_OF_A_CLASS);
  });

  test('has at least 90 rows, no two alike', () => {
    expect(FAILURE_CASES.length).toBeGreaterThanOrEqual(ROWS);
    const names = FAILURE_CASES.map(({ is, what }) => `${is}: ${what}`);
    expect(new Set(names).size).toBe(names.length);
  });
});
