import type { PersistFailure } from '../protocol/validation-failure.ts';

/** Why no record of dns-persist-01 gives leave. */
export function persistWords({ name, fault, reasons }: PersistFailure): string {
  if (fault === 'other-issuers') return `No valid TXT record found at ${name}: none names this CA`;
  return `No valid TXT record found at ${name}: ${reasons.join('; ')}`;
}
