import { isIP } from 'node:net';
import * as z from 'zod';
import { isLookupName, normaliseName } from './host-name.ts';
import { parseServerAddress } from './server-address.ts';

const server = z.string().refine((text) => parseServerAddress(text) !== undefined, {
  error:
    'must be the literal address of a DNS server, ADDRESS:PORT or [IPV6]:PORT (port 53 unless given); a name cannot be used, since looking it up would need a server',
});

// A zone (fe80::1%eth0) means something on one host only, and cannot be part of an answer.
const address = z.string().refine((text) => isIP(text) !== 0 && !text.includes('%'), {
  error: 'must be an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1',
});

const hosts = z
  .record(z.string(), z.array(address).min(1, { error: 'needs at least one address' }))
  .superRefine((table, context) => {
    for (const name of Object.keys(table)) {
      if (isHostPattern(name)) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'must be a name such as www.example.test, or *.example.test for every name below it',
      });
    }
  });

/** The keys `dns.*`: where names are looked up. */
export const dnsSchema = z.strictObject({
  /** `system`: localhost, /etc/hosts, then the servers of resolv.conf. A list: those servers and nothing else. */
  servers: z
    .union([z.literal('system'), z.array(server).min(1, { error: 'needs at least one server' })], {
      error: "must be 'system' or a list of at least one server",
    })
    .default('system'),
  /** Names answered by ourselves, before anything else is asked. */
  hosts: hosts.default({}),
  /** Milliseconds that one try waits for its answer. */
  timeoutMs: z.int().min(1).max(60_000).default(2000),
});

export type DnsConfig = z.infer<typeof dnsSchema>;

function isHostPattern(text: string): boolean {
  const name = normaliseName(text.startsWith('*.') ? text.slice(2) : text);
  return !name.includes('*') && isLookupName(name);
}
