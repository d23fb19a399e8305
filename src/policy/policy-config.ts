import * as z from 'zod';

/** The keys `policy.*`: what this server is willing to issue for. */
export const policySchema = z.strictObject({
  /** True to refuse names without a public suffix, as Let's Encrypt does. A lab's names are private, so the default is false. */
  requirePublicSuffix: z.boolean().default(false),
});
