import { expect, test } from 'vitest';
import { inTurn } from '../../bench/measure/in-turn.ts';
import { median, p99, percentile } from '../../bench/measure/statistics.ts';

test('a percentile is the smallest sample that so many are not above', () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0.5, 0.9, 0.99, 1].map((fraction) => percentile(samples, fraction))).toEqual([50, 90, 99, 100]);
  expect(percentile([7], 0.99)).toBe(7);
});

test('the median of an even number of samples is between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
});

test('no samples have no percentile and no median', () => {
  expect([percentile([], 0.5), median([])]).toEqual([Number.NaN, Number.NaN]);
});

test('has no p99 of fewer than 500 samples, which would be their largest few', () => {
  const samples = Array.from({ length: 500 }, (_, index) => index + 1);
  expect(p99(samples)).toBe(495);
  expect(p99(samples.slice(1))).toBeNaN();
});

test('lets no server always be the first', () => {
  expect([0, 1, 2].map((round) => inTurn(['A', 'B'], round).join(' '))).toEqual(['A B', 'B A', 'A B']);
});
