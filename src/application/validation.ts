import { createResolver } from '../dns/create-resolver.ts';
import type { Validator } from '../protocol/validation-question.ts';
import { createValidator } from '../validation/validator.ts';
import type { Configuration } from './configuration.ts';
import type { World } from './world.ts';
import { realWorld } from './world.ts';

/** A validation authority that stands alone: no data folder, no store. */
export interface Validation extends Validator {
  /** Closes the resolver's sockets. */
  close(): void;
}

/** What a web server's owner sees in the log. */
const USER_AGENT = 'Mozilla/5.0 (compatible; Touchstone ACME validation)';

/** Builds the validation authority of a configuration, looking at the given world (the real one unless told otherwise). */
export function createValidation(config: Configuration, world: World = realWorld()): Validation {
  const { clock, timer, randomness, network, logger } = world;
  const resolver = createResolver(config.dns, { network, timer, randomness });
  const validator = createValidator(
    { ...config.validation, requirePublicSuffix: config.policy.requirePublicSuffix, caa: config.caa },
    {
      resolver,
      network,
      timer,
      clock,
      userAgent: USER_AGENT,
      onFault: (err, question) =>
        logger.error({ err, challenge: question.challengeId }, 'a validation failed by a fault of ours'),
    },
  );
  return { ...validator, close: () => resolver.close() };
}
