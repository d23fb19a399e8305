import type { ServerAddress } from './server-address.ts';
import { parseServerAddress } from './server-address.ts';

/**
 * Parses the text of /etc/resolv.conf, resolv.conf(5), for its servers, in order. A port may be given as
 * `[ADDRESS]:PORT`. `search` and `ndots` are not for us: a certificate's names are complete. At most three, as there.
 */
export function parseResolvConf(text: string): readonly ServerAddress[] {
  return text
    .split('\n')
    .map((line) => /^\s*nameserver\s+([^\s#;]+)/.exec(line)?.[1])
    .map((server) => (server === undefined ? undefined : parseServerAddress(server)))
    .filter((server) => server !== undefined)
    .slice(0, 3);
}
