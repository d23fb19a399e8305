/** Ways to prove control of an identifier, each with the document that defines it. */
export const CHALLENGE_TYPES = {
  'http-01': 'RFC 8555 section 8.3',
  'dns-01': 'RFC 8555 section 8.4',
  'tls-alpn-01': 'RFC 8737, RFC 8738 for addresses',
  'dns-account-01': 'draft-ietf-acme-dns-account-label',
  'dns-persist-01': 'draft-ietf-acme-dns-persist',
} as const;

export type ChallengeType = keyof typeof CHALLENGE_TYPES;
