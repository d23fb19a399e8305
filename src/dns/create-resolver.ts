import type { LocalAddresses } from '../runtime/local-addresses.ts';
import type { Network } from '../runtime/network.ts';
import type { Randomness } from '../runtime/randomness.ts';
import type { Timer } from '../runtime/timer.ts';
import { createConfiguredHosts } from './configured-hosts.ts';
import { createDnsClient } from './dns-client.ts';
import type { DnsConfig } from './dns-config.ts';
import { normaliseName } from './host-name.ts';
import { isOfFamily } from './ip-address.ts';
import { findLocalhost } from './localhost-names.ts';
import type { Answer, AnswerSource, RecordType, Resolver } from './resolver.ts';
import type { ServerAddress } from './server-address.ts';
import { parseServerAddress } from './server-address.ts';
import type { SystemFiles } from './system-files.ts';
import { createSystemFiles } from './system-files.ts';

export interface ResolverDependencies {
  /** Dials TCP; its own local addresses are those of TCP. */
  readonly network: Network;
  readonly timer: Timer;
  readonly randomness: Randomness;
  /** What datagrams are sent from; the kernel chooses unless given. */
  readonly localAddresses?: LocalAddresses;
  /** Unless given, those of the host. */
  readonly systemFiles?: SystemFiles;
}

/**
 * The resolver of the validation authority. Names are looked up in this order, and the answer says where it comes from:
 * `dns.hosts`; then, with `dns.servers` at `system`, localhost (RFC 6761 section 6.3), /etc/hosts (not for TXT) and
 * the servers of resolv.conf; with explicit servers those and nothing else. Sockets open with the first query.
 */
export function createResolver(config: DnsConfig, dependencies: ResolverDependencies): Resolver {
  const { timer } = dependencies;
  const configured = createConfiguredHosts(config.hosts);
  const files = dependencies.systemFiles ?? createSystemFiles(timer);
  const client = createDnsClient({ ...dependencies, timeoutMs: config.timeoutMs });
  const explicit = config.servers === 'system' ? undefined : serverAddresses(config.servers);

  const findOwn = (name: string, type: RecordType): OwnValues | undefined => {
    const own = configured.find(name, type);
    if (own !== undefined) return { kind: 'configured-hosts', values: own };
    if (explicit !== undefined) return undefined;
    const loopback = findLocalhost(name, type);
    if (loopback !== undefined) return { kind: 'localhost', values: loopback };
    // A name of the file is answered from it alone, as the system's own resolver does; the file has addresses only, so
    // TXT is asked for. CAA is not: whoever lists a name says where it is on this host alone, and CAA that nobody can
    // be asked for would forbid the certificate of a name that works offline.
    const listed = type === 'TXT' ? undefined : files.hosts().get(name);
    if (listed === undefined) return undefined;
    return { kind: 'hosts-file', values: listed.filter((address) => isOfFamily(address, type)) };
  };

  return {
    async lookup(text, type, signal) {
      const startedAt = timer.now();
      const name = normaliseName(text);
      const own = findOwn(name, type);
      if (own !== undefined) return ownAnswer(name, type, own, timer.now() - startedAt);
      return await client.lookup(explicit ?? files.servers(), name, type, signal);
    },
    answersItself: (text) => findOwn(normaliseName(text), 'CAA') !== undefined,
    close: () => client.close(),
  };
}

/** What is known of a name without a server. */
interface OwnValues {
  readonly kind: Exclude<AnswerSource['kind'], 'server'>;
  readonly values: readonly string[];
}

function ownAnswer(name: string, type: RecordType, { kind, values }: OwnValues, durationMs: number): Answer {
  const outcome = values.length > 0 ? 'answered' : 'empty';
  return { name, type, source: { kind }, outcome, cnames: [], values, tries: 0, durationMs };
}

/** The configuration's schema has checked the texts. */
function serverAddresses(servers: readonly string[]): readonly ServerAddress[] {
  return servers.map(parseServerAddress).filter((server) => server !== undefined);
}
