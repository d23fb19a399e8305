import type { Range } from '../measure/statistics.ts';

/** A figure with at least three significant digits and no more decimals than it can have; a dash for none. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(decimals);
}

/** `2.45 (2.40-2.51)`: the median and the range. */
export function figureOfRange(range: Range): string {
  if (!Number.isFinite(range.median)) return '-';
  return `${figure(range.median)} (${figure(range.lowest)}-${figure(range.highest)})`;
}
