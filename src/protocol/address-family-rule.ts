/** The ids of the address-family rules (docs/address-family-rules.md). They are part of the product: traces, tests and docs name decisions by them. */
export const ADDRESS_FAMILY_RULES = {
  'api-dual-stack': 'The ACME API is reachable over IPv4 and over IPv6.',
  'dns-dual-stack':
    'DNS look-ups for validation work over IPv4 and over IPv6 resolvers; A and AAAA are both looked up.',
  'prefer-ipv6': 'A name with both A and AAAA: the first connection always goes to an IPv6 address.',
  'retry-ipv4-on-connect-timeout':
    'If the IPv6 connection of the first request times out while connecting, and the name has an A record, the request is made once more, to one IPv4 address.',
  'no-retry-on-other-errors':
    'Nothing but a connection timeout causes the retry: a wrong answer, a 404, a refused connection, a reset, a TLS error or a silent server fails the challenge at once.',
  'first-request-only': 'The retry exists for the first request of a validation only.',
  'redirect-prefers-ipv6':
    'A redirect target is resolved afresh and again prefers IPv6, also when it is the same name whose IPv6 address has just timed out.',
  'redirect-no-retry':
    "A redirect target's connection timeout fails the challenge; its IPv4 address is not tried.",
  'http-01-only': 'The retry belongs to http-01.',
  'no-ipv4-preference': 'Nothing that a client sends can make the CA prefer IPv4.',
} as const;

export type AddressFamilyRule = keyof typeof ADDRESS_FAMILY_RULES;

/** How the address-family decision is made: as documented, or as running code does it, or otherwise. */
export const ADDRESS_POLICIES = ['documented', 'boulder', 'every-hop', 'never'] as const;

export type AddressPolicy = (typeof ADDRESS_POLICIES)[number];

export type AddressFamily = 'ipv4' | 'ipv6';
