/**
 * Reason codes of RFC 5280 section 5.3.1 that a subscriber may send, as Let's Encrypt accepts them:
 * 0 unspecified, 1 keyCompromise, 4 superseded, 5 cessationOfOperation.
 */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  superseded: 4,
  cessationOfOperation: 5,
} as const;

export type RevocationReason = (typeof REVOCATION_REASONS)[keyof typeof REVOCATION_REASONS];

/** Narrows any value to an accepted reason code, or returns undefined. */
export function parseRevocationReason(value: unknown): RevocationReason | undefined {
  return Object.values(REVOCATION_REASONS).find((reason) => reason === value);
}
