import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { PolicyRefusal } from './policy-refusal.ts';
import { quote } from './quote.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const LONGEST_BACKDATE = 60 * MINUTE;

/** A client may ask for what the profile gives anyway, and its clock may be a little late. */
const FARTHEST_IN_THE_PAST = LONGEST_BACKDATE + 5 * MINUTE;

/** Milliseconds since 1970, whole seconds: X.509 knows no fractions. */
export interface RequestedValidity {
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/**
 * When a certificate begins unless its order says: as Let's Encrypt's, an hour before it is made, for clients whose clocks
 * are slow. A lifetime below ten hours is backdated by a tenth, or the certificate would be over when it is made. `now`
 * and the answer are milliseconds since 1970, the answer in whole seconds.
 */
export function usualNotBefore(now: number, lifetimeMs: number): number {
  return wholeSeconds(now - Math.min(LONGEST_BACKDATE, wholeSeconds(lifetimeMs / 10)));
}

/** The last second of a full lifetime, which belongs to it: RFC 5280 section 4.1.2.5. Milliseconds since 1970. */
export function fullLifetimeEnd(notBefore: number, lifetimeMs: number): number {
  return notBefore + lifetimeMs - SECOND;
}

/** When a certificate of the requested validity ends, where that does not depend on when it is made. */
export function requestedEnd(
  { notBefore, notAfter }: RequestedValidity,
  lifetimeMs: number,
): number | undefined {
  return notAfter ?? (notBefore === undefined ? undefined : fullLifetimeEnd(notBefore, lifetimeMs));
}

/**
 * Checks the validity that an order asks for (RFC 8555 section 7.4; RFC 3339 texts). `now` is milliseconds since 1970,
 * `lifetimeMs` the longest validity that the profile gives, first and last second included. What is asked for is
 * honoured exactly or refused, `malformed`.
 */
export function checkRequestedValidity(
  requested: { readonly notBefore?: string | undefined; readonly notAfter?: string | undefined },
  now: number,
  lifetimeMs: number,
): Result<RequestedValidity, PolicyRefusal> {
  const notBefore = readTime('notBefore', requested.notBefore);
  if (!notBefore.ok) return notBefore;
  const notAfter = readTime('notAfter', requested.notAfter);
  if (!notAfter.ok) return notAfter;
  const refusal = refuseSpan(notBefore.value, notAfter.value, now, lifetimeMs);
  if (refusal !== undefined) return refused(refusal);
  return accepted({
    ...(notBefore.value === undefined ? {} : { notBefore: notBefore.value }),
    ...(notAfter.value === undefined ? {} : { notAfter: notAfter.value }),
  });
}

function refuseSpan(
  notBefore: number | undefined,
  notAfter: number | undefined,
  now: number,
  lifetimeMs: number,
): PolicyRefusal | undefined {
  if (notBefore !== undefined && notBefore < now - FARTHEST_IN_THE_PAST) {
    return malformed('notBefore lies more than an hour in the past.');
  }
  if (notBefore !== undefined && notBefore > now + lifetimeMs) {
    return malformed(`notBefore lies more than ${describe(lifetimeMs)} in the future.`);
  }
  if (notAfter === undefined) {
    const end = requestedEnd({ ...(notBefore === undefined ? {} : { notBefore }) }, lifetimeMs);
    if (end === undefined || end > now) return undefined;
    return malformed(
      `A certificate of ${describe(lifetimeMs)} that begins at notBefore would be over already.`,
    );
  }
  if (notAfter <= now) return malformed('notAfter is not in the future.');
  // The worst case of an order without notBefore: one that is finalized later begins later.
  const start = notBefore ?? usualNotBefore(now, lifetimeMs);
  if (notAfter <= start) return malformed('notAfter is not after notBefore.');
  const latest = fullLifetimeEnd(start, lifetimeMs);
  if (notAfter > latest) {
    return malformed(
      `The validity asked for is longer than ${describe(lifetimeMs)}, the most this server gives: from ${describeTime(start)}` +
        `${notBefore === undefined ? ', where a certificate begins unless notBefore is given,' : ''} notAfter can be ` +
        `${describeTime(latest)} at the latest, which is the last second of the certificate.`,
    );
  }
  return undefined;
}

function readTime(member: string, text: string | undefined): Result<number | undefined, PolicyRefusal> {
  if (text === undefined) return accepted(undefined);
  const time = parseRfc3339(text);
  if (time !== undefined) return accepted(time);
  return refused(
    malformed(`${member} is ${quote(text)}, which is not a time such as 2030-01-31T12:00:00Z (RFC 3339).`),
  );
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * RFC 3339 section 5.6, as milliseconds since 1970 with fractions of a second cut off; undefined for any other text and for
 * times that do not exist. A leap second (23:59:60) is refused, since X.509 cannot say it.
 */
export function parseRfc3339(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [offsetHour, offsetMinute] = [Number(match[8] ?? 0), Number(match[9] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined;
  // Date.UTC takes years below 100 for the twentieth century's, so the year is set apart.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second);
  const offset = (offsetHour * 60 + offsetMinute) * MINUTE;
  return date.getTime() - (match[7] === '-' ? -offset : offset);
}

function describe(milliseconds: number): string {
  const days = milliseconds / (24 * 60 * MINUTE);
  return days >= 1 ? `${Number(days.toFixed(1))} days` : `${Math.round(milliseconds / SECOND)} seconds`;
}

function describeTime(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

/** Cut to whole seconds, which is all that X.509 knows (RFC 5280 section 4.1.2.5). */
export function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / SECOND) * SECOND;
}

function malformed(detail: string): PolicyRefusal {
  return { code: 'malformed', detail };
}
