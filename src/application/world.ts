import type { Clock } from '../runtime/clock.ts';
import { systemClock } from '../runtime/clock.ts';
import type { LocalAddresses } from '../runtime/local-addresses.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Network } from '../runtime/network.ts';
import { createSystemNetwork } from '../runtime/network.ts';
import type { Randomness } from '../runtime/randomness.ts';
import { systemRandomness } from '../runtime/randomness.ts';
import type { Timer } from '../runtime/timer.ts';
import { systemTimer } from '../runtime/timer.ts';

/** Everything that a CA meets from outside: time, chance, the network, and where it may complain. */
export interface World {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly randomness: Randomness;
  readonly network: Network;
  /** The network as it is seen from local addresses: for the perspectives that have their own. */
  readonly networkFrom: (local: LocalAddresses) => Network;
  readonly logger: Logger;
}

const silence: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The real world, with parts of it replaced where given. Without a logger it is silent. */
export function realWorld(parts: Partial<World> = {}): World {
  const timer = parts.timer ?? systemTimer;
  return {
    clock: systemClock,
    randomness: systemRandomness,
    logger: silence,
    ...parts,
    timer,
    network: parts.network ?? createSystemNetwork(timer),
    networkFrom: parts.networkFrom ?? ((local) => createSystemNetwork(timer, local)),
  };
}
