/**
 * What a certificate is asked for: RFC 8555 section 9.7.7 (`dns`) and RFC 8738 (`ip`). The value is normalised once,
 * when an order is made: lower-case ASCII names, canonical text of addresses (RFC 5952).
 */
export type Identifier =
  | { readonly type: 'dns'; readonly value: string }
  | { readonly type: 'ip'; readonly value: string };

export type IdentifierType = Identifier['type'];

/** An identifier as a client wrote it: its type may be unknown and its value anything. */
export interface RequestedIdentifier {
  readonly type: string;
  readonly value: string;
}

/** True for a wildcard name as it stands in an order, such as `*.example.com` (RFC 8555 section 7.1.3). */
export function isWildcard(identifier: Identifier): boolean {
  return identifier.type === 'dns' && identifier.value.startsWith('*.');
}

/** The identifier whose control is proved for the given one: a wildcard's base name, else the identifier itself. */
export function authorizationIdentifier(identifier: Identifier): Identifier {
  return isWildcard(identifier) ? { type: 'dns', value: identifier.value.slice(2) } : identifier;
}

/** One text per identifier, for use as a key in maps and sets. */
export function identifierKey(identifier: Identifier): string {
  return `${identifier.type}:${identifier.value}`;
}
