import { describe, expect, test } from 'vitest';
import { checkRequestedValidity, parseRfc3339 } from '../../src/policy/validity.ts';

const NOW = Date.UTC(2030, 0, 1, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LIFETIME = 90 * DAY;

function at(offset: number): string {
  return new Date(NOW + offset).toISOString();
}

const SPANS: readonly (readonly [
  claim: string,
  notBefore: number | undefined,
  notAfter: number | undefined,
  accepted: boolean,
])[] = [
  ['neither', undefined, undefined, true],
  ['a start an hour ago', -HOUR, undefined, true],
  ['a start two hours ago', -2 * HOUR, undefined, false],
  ['a start within the lifetime', 89 * DAY, undefined, true],
  ['a start beyond the lifetime', 91 * DAY, undefined, false],
  ['the end that the profile gives anyway', undefined, 90 * DAY - HOUR - 1000, true],
  ['an end a second after that', undefined, 90 * DAY - HOUR, false],
  ['an end in the past', undefined, -1000, false],
  ['an end in the past of a start before it', -HOUR, -1000, false],
  ['exactly the lifetime, its last second included, later', DAY, 91 * DAY - 1000, true],
  ['a second more than the lifetime', DAY, 91 * DAY, false],
  ['an end at the start', DAY, DAY, false],
  ['an end before the start', 2 * DAY, DAY, false],
];

describe('a requested validity with', () => {
  test.each(SPANS)('%s', (_claim, notBefore, notAfter, isAccepted) => {
    const requested = {
      ...(notBefore === undefined ? {} : { notBefore: at(notBefore) }),
      ...(notAfter === undefined ? {} : { notAfter: at(notAfter) }),
    };
    const result = checkRequestedValidity(requested, NOW, LIFETIME);
    expect(result.ok ? 'accepted' : result.refusal.code).toBe(isAccepted ? 'accepted' : 'malformed');
    if (!result.ok) return;
    expect(result.value).toEqual({
      ...(notBefore === undefined ? {} : { notBefore: NOW + notBefore }),
      ...(notAfter === undefined ? {} : { notAfter: NOW + notAfter }),
    });
  });
});

test('a start from which a short lifetime is over already is refused', () => {
  const result = checkRequestedValidity({ notBefore: at(-HOUR) }, NOW, HOUR);
  expect(result.ok ? '' : result.refusal.detail).toMatch(/over already/);
});

test('an end that is too late is refused with the latest one that is given', () => {
  const result = checkRequestedValidity({ notAfter: at(90 * DAY) }, NOW, LIFETIME);
  expect(result.ok ? '' : result.refusal.detail).toContain('2030-04-01T10:59:59Z at the latest');
});

test('a text that is no time is refused, naming the member', () => {
  const result = checkRequestedValidity({ notAfter: 'tomorrow' }, NOW, LIFETIME);
  expect(result.ok ? '' : result.refusal.detail).toMatch(/^notAfter is "tomorrow", which is not a time/);
});

const TIMES: readonly (readonly [text: string, iso: string | undefined])[] = [
  ['2030-01-31T12:00:00Z', '2030-01-31T12:00:00.000Z'],
  ['2030-01-31t12:00:00z', '2030-01-31T12:00:00.000Z'],
  ['2030-01-31T12:00:00.987654321Z', '2030-01-31T12:00:00.000Z'],
  ['2030-01-31T12:00:00+02:30', '2030-01-31T09:30:00.000Z'],
  ['2030-01-31T23:00:00-02:00', '2030-02-01T01:00:00.000Z'],
  ['2030-01-31T12:00:00-00:00', '2030-01-31T12:00:00.000Z'],
  ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
  ['2030-02-29T00:00:00Z', undefined],
  ['2030-13-01T00:00:00Z', undefined],
  ['2030-00-01T00:00:00Z', undefined],
  ['2030-01-00T00:00:00Z', undefined],
  ['2030-01-01T24:00:00Z', undefined],
  ['2030-01-01T00:60:00Z', undefined],
  ['2030-06-30T23:59:60Z', undefined],
  ['2030-01-01T00:00:00+24:00', undefined],
  ['2030-01-01T00:00:00+00:60', undefined],
  ['2030-01-01T00:00:00', undefined],
  ['2030-01-01 00:00:00Z', undefined],
  ['2030-01-01', undefined],
  ['2030-1-1T00:00:00Z', undefined],
  ['2030-01-01T00:00:00.Z', undefined],
  ['2030-01-01T00:00:00+0200', undefined],
  ['+002030-01-01T00:00:00Z', undefined],
  ['2030-01-01T00:00:00Z\n', undefined],
  ['', undefined],
];

describe('RFC 3339 section 5.6:', () => {
  test.each(TIMES)('%j is %s', (text, iso) => {
    const time = parseRfc3339(text);
    expect(time === undefined ? undefined : new Date(time).toISOString()).toBe(iso);
  });
});
