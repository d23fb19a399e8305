import * as z from 'zod';

/** RFC 1123 section 2.1: the letters, digits and hyphens of host names, which RFC 8659 section 4.2 asks for too. */
const DOMAIN_NAME = /^(?=.{1,253}$)[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/;

const EIGHT_HOURS_SECONDS = 28_800;

/** The keys `caa.*`: how the records that say who may issue are read (RFC 8659). */
export const caaSchema = z.strictObject({
  /** False for a lab whose DNS cannot answer: then nobody is asked. */
  enabled: z.boolean().default(true),
  /** What this CA is called in CAA records, and tells in the directory's meta: RFC 8555 section 7.1.1. */
  identities: z
    .array(
      z.string().toLowerCase().regex(DOMAIN_NAME, {
        error: 'must be a domain name without a final dot, such as ca.example.test',
      }),
    )
    .min(1)
    .default(['touchstone.test']),
  /** How old the check of a validation may be at issuance: 8 hours by the Baseline Requirements, section 4.2.2.1. 0 for none. */
  recheckAfterSeconds: z.int().min(0).max(31_536_000).default(EIGHT_HOURS_SECONDS),
});

export type CaaConfig = z.infer<typeof caaSchema>;
