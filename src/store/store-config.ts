import * as z from 'zod';

const DAY_SECONDS = 86_400;
/** A sweep that finds nothing reads one index; more often than this would be nothing but load. */
const SHORTEST_SECONDS = 0.01;

/** The keys `store.*`: how long is kept what is over. */
export const storeSchema = z.strictObject({
  /** Between two sweeps. 0: nothing is ever swept. */
  sweepIntervalSeconds: z
    .number()
    .min(0)
    .max(DAY_SECONDS)
    .refine(
      (seconds) => seconds === 0 || seconds >= SHORTEST_SECONDS,
      `must be 0 or at least ${SHORTEST_SECONDS}`,
    )
    .default(300),
  /**
   * How long an order can still be read after it, its authorizations and its certificate have all expired. Long enough
   * that a course or a test campaign finds what it made.
   */
  keepExpiredSeconds: z
    .number()
    .min(0)
    .max(36_500 * DAY_SECONDS)
    .default(90 * DAY_SECONDS),
});
