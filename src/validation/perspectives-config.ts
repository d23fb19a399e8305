import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { dnsSchema } from '../dns/dns-config.ts';

/**
 * Every remote perspective dials for each validation that the primary one passes, all at once and for the same account, and
 * leaves its own steps in the record: the number bounds both. Two validations of an account with as many still go side by
 * side within `maxDialsPerAccount`, and it is twice the number from which the Baseline Requirements' table goes no further.
 */
export const MOST_PERSPECTIVES = 12;

/** Names stand in problems and in lines of a story, several side by side. */
const NAME = /^[a-z0-9-]{1,32}$/;

const perspective = z.strictObject({
  /** What it is called in problems and records. */
  name: z.string().regex(NAME, {
    error: 'must be 1 to 32 small letters, digits and hyphens, such as north',
  }),
  /** In place of `dns.servers`. */
  dnsServers: dnsSchema.shape.servers.unwrap().optional(),
  /** In place of `dns.hosts`. */
  hosts: dnsSchema.shape.hosts.unwrap().optional(),
  /** The address of this host that it dials IPv4 from, and asks DNS servers from. */
  sourceIpv4: z
    .string()
    .refine((text) => isIPv4(text), {
      error: 'must be a literal IPv4 address of this host, such as 192.0.2.1',
    })
    .optional(),
  /** As `sourceIpv4`, of IPv6. */
  sourceIpv6: z
    .string()
    .refine((text) => isIPv6(text) && !text.includes('%'), {
      error: 'must be a literal IPv6 address of this host without a zone, such as 2001:db8::1',
    })
    .optional(),
});

/** A text is the name of one that sees what the primary sees. What is no object is reported as a bad name. */
function withName(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null ? entry : { name: entry };
}

/** The key `validation.perspectives`: from where else a validation is repeated. The order is kept in records and problems. */
export const perspectivesSchema = z
  .array(z.preprocess(withName, perspective))
  .superRefine((entries, context) => {
    if (entries.length > MOST_PERSPECTIVES)
      context.addIssue({
        code: 'custom',
        message: `takes at most ${MOST_PERSPECTIVES} perspectives, and there are ${entries.length}`,
      });
    const names = entries.map(({ name }) => name);
    const again = names.find((name, index) => names.indexOf(name) < index);
    if (again !== undefined)
      context.addIssue({ code: 'custom', message: `must use each name once, and ${again} is there again` });
  });

export type PerspectiveConfig = z.infer<typeof perspective>;
