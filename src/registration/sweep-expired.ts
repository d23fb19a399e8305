import { pause } from '../runtime/pause.ts';
import type { RegistrationDependencies } from './dependencies.ts';

/** Authorizations removed in one commit, which others share and wait for: about 1 ms with 100,000 orders. */
const BATCH = 25;

/** Between two commits, so that a sweep takes a small part of the event loop; 1,000 orders a second are more than come in. */
const PAUSE_MS = 25;

/** See `Registration.sweepExpired`. Rejects when the store fails; what was swept until then stays so. */
export async function sweepExpired(
  { store, timer, logger, config }: Pick<RegistrationDependencies, 'store' | 'timer' | 'logger' | 'config'>,
  now: number,
  signal: AbortSignal,
): Promise<number> {
  let orders = 0;
  for (let complete = false; !complete; ) {
    const batch = await store.sweep(now - config.keepExpiredMs, BATCH);
    orders += batch.orders;
    complete = batch.complete || !(await pause(timer, PAUSE_MS, signal));
  }
  if (orders > 0) logger.info({ orders }, 'expired orders swept');
  return orders;
}
