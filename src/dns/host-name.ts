/** Lower case, without the dot of the root: DNS compares names so (RFC 4343). */
export function normaliseName(name: string): string {
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

/**
 * True for a name that a question can carry: ASCII labels of 1 to 63 bytes, 253 in all (RFC 1035 section 2.3.4).
 * Underscores are fine: RFC 8555 section 8.4 asks for one.
 */
export function isLookupName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[\x21-\x5b\x5d-\x7e]{1,63}$/.test(label));
}
