import * as z from 'zod';
import { parsePrefix } from '../policy/address-prefix.ts';
import { ADDRESS_POLICIES } from '../protocol/address-family-rule.ts';
import { perspectivesSchema } from './perspectives-config.ts';

const port = z.int().min(1).max(65535);
const milliseconds = z.int().min(1).max(600_000);
const atLeastOne = z.int().min(1);
const prefixes = z
  .array(
    z.string().superRefine((text, context) => {
      const prefix = parsePrefix(text);
      if (prefix.ok) return;
      context.addIssue({
        code: 'custom',
        message: `must be ${prefix.refusal}, and is ${JSON.stringify(text)}`,
      });
    }),
  )
  .default([]);
/** A token of 32 bytes, a dot and a SHA-256, in base64url: with less no validation could pass. */
const KEY_AUTHORIZATION_BYTES = 87;

/** The keys `validation.*`: how this server looks at the hosts that it validates. */
export const validationSchema = z.strictObject({
  /** Where http-01 is fetched from, and where http redirects may lead. RFC 8555 section 8.3 says 80; a lab needs no root for 5002. */
  httpPort: port.default(5002),
  /** Where tls-alpn-01 connects to (RFC 8737 section 3 says 443), and where https redirects may lead. */
  tlsPort: port.default(5001),
  /** How IPv6 and IPv4 are chosen between: docs/address-family-rules.md. */
  addressPolicy: z.enum(ADDRESS_POLICIES).default('documented'),
  /** False on a host without IPv6: IPv6 addresses then count as if they were not there. */
  ipv6: z.boolean().default(true),
  /** For each connection attempt, until connected. */
  connectTimeoutMs: milliseconds.default(10_000),
  /** For each request, from connected to the last byte of the answer, a TLS handshake included. */
  responseTimeoutMs: milliseconds.default(10_000),
  /** For a whole validation from one perspective, with its look-ups, redirects and retry. */
  totalTimeoutMs: milliseconds.default(60_000),
  /** Redirects that one http-01 validation follows; under `boulder` one further, as its code counts. */
  maxRedirects: z.int().min(0).max(100).default(10),
  /** The head of an answer, and of each informational one before it. */
  maxHeaderBytes: z.int().min(256).max(1_048_576).default(16_384),
  /** The body of an answer, with white space at its end: RFC 8555 section 8.3. A key authorization has 87 bytes. */
  maxBodyBytes: z.int().min(KEY_AUTHORIZATION_BYTES).max(1_048_576).default(127),
  /** Validations that run at once; further ones wait in turn by account. */
  maxAtOnce: atLeastOne.default(1000),
  /** Of these, for one account. */
  maxAtOncePerAccount: atLeastOne.default(250),
  /** Validations that are unfinished, running or waiting; beyond it, challenges are refused with `rateLimited`. */
  maxUnfinished: atLeastOne.default(10_000),
  /** Of these, for one account. */
  maxUnfinishedPerAccount: atLeastOne.default(2000),
  /** Connections to validated hosts at once, each from its dial until it is closed; further ones wait in turn by account. */
  maxDials: atLeastOne.default(100),
  /** Of these, for one account. */
  maxDialsPerAccount: atLeastOne.default(25),
  /** Of these, to one address, whatever the port; one account takes at most half of them, rounded up. */
  maxDialsPerAddress: atLeastOne.default(16),
  /** False to treat private and other special-purpose addresses as if they were not there, as Let's Encrypt does. */
  allowReservedAddresses: z.boolean().default(true),
  /** Prefixes whose addresses are used although reserved, or although in a larger one of `denyAddresses`. */
  allowAddresses: prefixes,
  /** Prefixes whose addresses are treated as if they were not there. The longest prefix decides; of equal ones, this list. */
  denyAddresses: prefixes,
  /** The remote perspectives, which must corroborate what the primary finds: the Baseline Requirements, section 3.2.2.9. */
  perspectives: perspectivesSchema.default([]),
});

export type ValidationConfig = z.infer<typeof validationSchema>;
