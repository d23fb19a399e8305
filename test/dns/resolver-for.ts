import type { ResolverDependencies } from '../../src/dns/create-resolver.ts';
import { createResolver } from '../../src/dns/create-resolver.ts';
import { dnsSchema } from '../../src/dns/dns-config.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

/** A resolver of these settings on the real network; `replaced` stands in for parts of the world. */
export function resolverFor(settings: unknown, replaced: Partial<ResolverDependencies> = {}): Resolver {
  const timer = replaced.timer ?? systemTimer;
  return createResolver(dnsSchema.parse(settings), {
    network: createSystemNetwork(timer),
    timer,
    randomness: systemRandomness,
    ...replaced,
  });
}
