const LONGEST_BACKDATE_SECONDS = 3600;

/** Milliseconds since 1970, whole seconds, both inclusive. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The validity of a leaf: as Let's Encrypt's, it begins an hour ago, for clients whose clocks are slow, and lasts the
 * lifetime including its last second (RFC 5280 section 4.1.2.5). A lifetime below ten hours is backdated by a tenth, or
 * the certificate would have expired when it is made. Requested times are taken as they are (RFC 8555 section 7.4); they
 * have been checked. Throws a RangeError when nothing is left between the two.
 */
export function leafValidity(
  requested: { readonly notBefore?: number; readonly notAfter?: number },
  now: number,
  lifetimeSeconds: number,
): Validity {
  const backdate = Math.min(LONGEST_BACKDATE_SECONDS, Math.floor(lifetimeSeconds / 10));
  const notBefore = wholeSeconds(requested.notBefore ?? now - backdate * 1000);
  const notAfter = wholeSeconds(requested.notAfter ?? notBefore + (lifetimeSeconds - 1) * 1000);
  if (notAfter < notBefore)
    throw new RangeError(
      `A certificate cannot end (${new Date(notAfter).toISOString()}) before it begins (${new Date(notBefore).toISOString()}).`,
    );
  return { notBefore, notAfter };
}

function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}
