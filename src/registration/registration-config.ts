import * as z from 'zod';

const DAY_SECONDS = 86_400;
const LONGEST_SECONDS = 3650 * DAY_SECONDS;

/** Whole seconds, as `expires` has them on the wire. One second is enough for a test that waits for an end. */
const lifetime = (defaultSeconds: number) =>
  z.number().int().min(1).max(LONGEST_SECONDS).default(defaultSeconds);

/** The keys `registration.*`: how long what is not finished can be used. Let's Encrypt's documented lifetimes by default. */
export const registrationSchema = z.strictObject({
  /** From its creation to the last moment at which it can be finalized. */
  orderLifetimeSeconds: lifetime(7 * DAY_SECONDS),
  /** From the creation of the order to the last moment at which a challenge can be answered. */
  pendingAuthorizationLifetimeSeconds: lifetime(7 * DAY_SECONDS),
  /** From the validation that passed, in place of what was left of the time before. */
  validAuthorizationLifetimeSeconds: lifetime(30 * DAY_SECONDS),
});
