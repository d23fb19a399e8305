/** The value below which the fraction of the samples lies (nearest rank); NaN for none. */
export function percentile(samples: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}

/** NaN for fewer than 500 samples, of which it would be one of the five largest. */
export function p99(samples: readonly number[]): number {
  return samples.length < 500 ? Number.NaN : percentile(samples, 0.99);
}

export function median(samples: readonly number[]): number {
  const sorted = Float64Array.from(samples).sort();
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

export interface Range {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function rangeOf(samples: readonly number[]): Range {
  return { median: median(samples), lowest: Math.min(...samples), highest: Math.max(...samples) };
}
