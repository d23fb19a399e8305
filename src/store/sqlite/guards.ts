/**
 * The statuses that may become `to` by a table of legal transitions (RFC 8555 section 7.1.6), as the inside of SQL's
 * `IN (...)`. So guarded updates cannot drift from the tables.
 */
export function statusesBefore<Status extends string>(
  table: Readonly<Record<Status, readonly Status[]>>,
  to: NoInfer<Status>,
): string {
  const sources = Object.entries<readonly Status[]>(table).filter(([, targets]) => targets.includes(to));
  return sources.map(([from]) => `'${from}'`).join(', ');
}
