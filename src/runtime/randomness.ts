import { randomBytes } from 'node:crypto';

/** Where unpredictable bytes come from. Passed in, so that a seed can make a run repeatable. */
export interface Randomness {
  bytes(count: number): Uint8Array;
}

/** The operating system's generator. */
export const systemRandomness: Randomness = { bytes: (count) => randomBytes(count) };
