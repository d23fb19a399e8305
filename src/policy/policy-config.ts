import * as z from 'zod';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import { CHALLENGE_TYPES } from '../protocol/challenge-type.ts';

const TYPES = Object.keys(CHALLENGE_TYPES) as [ChallengeType, ...ChallengeType[]];

/** The keys `policy.*`: what this server is willing to issue for. */
export const policySchema = z.strictObject({
  /** True to refuse names without a public suffix, as Let's Encrypt does. A lab's names are private, so the default is false. */
  requirePublicSuffix: z.boolean().default(false),
  /** The ways to prove control that orders offer, each where it fits the identifier. Those of drafts are off unless asked for. */
  challengeTypes: z.array(z.enum(TYPES)).min(1).default(['http-01', 'dns-01', 'tls-alpn-01']),
});
