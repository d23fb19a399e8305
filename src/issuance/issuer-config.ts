import * as z from 'zod';

const KEY_ALGORITHMS = ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;

export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

const DAY_SECONDS = 86_400;

/** Paths of PEM files. Which of them go together is checked on the whole, where the message can name the other key. */
const suppliedSchema = z.strictObject({
  certificate: z.string().min(1).optional(),
  key: z.string().min(1).optional(),
});

/** The configuration below `issuance`. */
export const issuanceSchema = z
  .strictObject({
    /** Of the keys that are made at the first start; existing and supplied keys stay what they are. */
    keyAlgorithm: z.enum(KEY_ALGORITHMS).default('ecdsa-p256'),
    /** Of the certificates that clients get. 90 days as Let's Encrypt's profile `classic`. */
    lifetimeSeconds: z
      .number()
      .int()
      .min(60)
      .max(3650 * DAY_SECONDS)
      .default(90 * DAY_SECONDS),
    root: suppliedSchema.prefault({}),
    intermediate: suppliedSchema.prefault({}),
  })
  .superRefine(({ root, intermediate }, context) => {
    const refuse = (path: readonly string[], message: string) =>
      context.addIssue({ code: 'custom', path: [...path], message });
    if (root.key !== undefined && root.certificate === undefined)
      refuse(
        ['root', 'certificate'],
        'is missing: issuance.root.key is set, and a key needs its certificate',
      );
    if (intermediate.key !== undefined && intermediate.certificate === undefined)
      refuse(
        ['intermediate', 'certificate'],
        'is missing: issuance.intermediate.key is set, and a key needs its certificate',
      );
    if (intermediate.certificate !== undefined && intermediate.key === undefined)
      refuse(
        ['intermediate', 'key'],
        'is missing: issuance.intermediate.certificate is set, and nothing can be signed without its key',
      );
    if (intermediate.certificate !== undefined && root.certificate === undefined)
      refuse(
        ['root', 'certificate'],
        'is missing: issuance.intermediate.certificate is set, and clients need the root that signed it',
      );
    if (root.certificate !== undefined && root.key === undefined && intermediate.certificate === undefined)
      refuse(
        ['root', 'key'],
        'is missing: set it, so that an intermediate can be made under the root, or set issuance.intermediate.certificate and issuance.intermediate.key',
      );
  });

export type IssuanceConfig = z.infer<typeof issuanceSchema>;
