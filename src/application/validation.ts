import { createResolver } from '../dns/create-resolver.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { Validator } from '../protocol/validation-question.ts';
import type { LocalAddresses } from '../runtime/local-addresses.ts';
import type { PerspectiveConfig } from '../validation/perspectives-config.ts';
import type { RemoteView } from '../validation/validator.ts';
import { createValidator } from '../validation/validator.ts';
import type { Configuration } from './configuration.ts';
import type { World } from './world.ts';
import { realWorld } from './world.ts';

/** A validation authority that stands alone: no data folder, no store. */
export interface Validation extends Validator {
  /** Closes the sockets of all its resolvers. */
  close(): void;
}

/** What a web server's owner sees in the log. */
const USER_AGENT = 'Mozilla/5.0 (compatible; Touchstone ACME validation)';

/** Builds the validation authority of a configuration, looking at the given world (the real one unless told otherwise). */
export function createValidation(config: Configuration, world: World = realWorld()): Validation {
  const { clock, timer, randomness, network, logger } = world;
  const resolver = createResolver(config.dns, { network, timer, randomness });
  const remotes = config.validation.perspectives.map((each) => remoteView(each, config, world));
  const validator = createValidator(
    { ...config.validation, requirePublicSuffix: config.policy.requirePublicSuffix, caa: config.caa },
    {
      resolver,
      network,
      timer,
      clock,
      userAgent: USER_AGENT,
      remotes,
      onFault: (err, question) =>
        logger.error({ err, challenge: question.challengeId }, 'a validation failed by a fault of ours'),
    },
  );
  const resolvers: readonly Resolver[] = [resolver, ...remotes.map((remote) => remote.resolver)];
  return {
    ...validator,
    close: () => {
      for (const each of resolvers) each.close();
    },
  };
}

/** What the perspective sets for itself in place of what the primary one has. */
function remoteView(
  { name, dnsServers, hosts, sourceIpv4, sourceIpv6 }: PerspectiveConfig,
  { dns }: Configuration,
  { timer, randomness, network: primary, networkFrom }: World,
): RemoteView {
  const local: LocalAddresses = {
    ...(sourceIpv4 === undefined ? {} : { ipv4: sourceIpv4 }),
    ...(sourceIpv6 === undefined ? {} : { ipv6: sourceIpv6 }),
  };
  const localAddresses = [sourceIpv4, sourceIpv6].filter((address) => address !== undefined);
  const hasOwn = localAddresses.length > 0;
  const network = hasOwn ? networkFrom(local) : primary;
  const resolver = createResolver(
    { ...dns, servers: dnsServers ?? dns.servers, hosts: hosts ?? dns.hosts },
    { network, timer, randomness, localAddresses: local },
  );
  return { name, resolver, network, ...(hasOwn ? { localAddresses } : {}) };
}
