import * as z from 'zod';
import { canonicalAddress } from '../dns/ip-address.ts';

const port = z.int().min(0).max(65535);

const httpUrl = z.string().refine((text) => /^https?:\/\/[^/?#]+$/.test(text) && URL.canParse(text), {
  error: 'must be a URL of scheme, host and port alone, such as https://ca.example.test:14000',
});

const tls = z
  .strictObject({
    enabled: z.boolean().default(true),
    certificate: z.string().min(1).optional(),
    key: z.string().min(1).optional(),
    names: z.array(z.string().min(1)).default([]),
  })
  .refine((value) => (value.certificate === undefined) === (value.key === undefined), {
    error: 'certificate and key belong together: give both files or neither',
  });

/** The keys `acme.*`: where and how the ACME API listens. */
export const acmeSchema = z.strictObject({
  port: port.default(14000),
  addresses: z
    .array(
      z.union([z.ipv4(), z.ipv6()], {
        error: 'must be a literal IPv4 or IPv6 address, such as 127.0.0.1 or ::1',
      }),
    )
    .min(1)
    .superRefine((addresses, context) => {
      const texts = addresses.map(canonicalAddress);
      const again = addresses.find((_address, at) => texts.indexOf(texts[at] ?? '') < at);
      if (again === undefined) return;
      context.addIssue({
        code: 'custom',
        message: `must name each address once, and ${again} is there again`,
      });
    })
    .default(['0.0.0.0', '::']),
  externalUrl: httpUrl.optional(),
  requireDualStack: z.boolean().default(false),
  termsOfService: z.url().optional(),
  website: z.url().optional(),
  tls: tls.prefault({}),
});

/** The keys `publication.*`: where issuer certificates are served, over plain HTTP. */
export const publicationSchema = z.strictObject({
  port: port.default(14090),
  externalUrl: httpUrl.optional(),
});

export type AcmeConfig = z.infer<typeof acmeSchema>;
export type PublicationConfig = z.infer<typeof publicationSchema>;
