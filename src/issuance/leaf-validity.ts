import { fullLifetimeEnd, usualNotBefore, wholeSeconds } from '../policy/validity.ts';

/** Milliseconds since 1970, whole seconds, both inclusive. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The validity of a leaf: the profile's (see `usualNotBefore` and `fullLifetimeEnd`), except for requested times, which are
 * taken as they are (RFC 8555 section 7.4); they have been checked. Throws a RangeError when nothing is left between the
 * two.
 */
export function leafValidity(
  requested: { readonly notBefore?: number; readonly notAfter?: number },
  now: number,
  lifetimeSeconds: number,
): Validity {
  const lifetimeMs = lifetimeSeconds * 1000;
  const notBefore = wholeSeconds(requested.notBefore ?? usualNotBefore(now, lifetimeMs));
  const notAfter = wholeSeconds(requested.notAfter ?? fullLifetimeEnd(notBefore, lifetimeMs));
  if (notAfter < notBefore)
    throw new RangeError(
      `A certificate cannot end (${new Date(notAfter).toISOString()}) before it begins (${new Date(notBefore).toISOString()}).`,
    );
  return { notBefore, notAfter };
}
