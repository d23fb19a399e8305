/** The object identifiers that this room reads and writes, by the names of their standards. */
export const OID = {
  // RFC 8017, RFC 5480, RFC 5758, RFC 8410: keys and signatures.
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha1WithRsaEncryption: '1.2.840.113549.1.1.5',
  rsassaPss: '1.2.840.113549.1.1.10',
  sha256WithRsaEncryption: '1.2.840.113549.1.1.11',
  sha384WithRsaEncryption: '1.2.840.113549.1.1.12',
  sha512WithRsaEncryption: '1.2.840.113549.1.1.13',
  ecPublicKey: '1.2.840.10045.2.1',
  prime256v1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
  ecdsaWithSha1: '1.2.840.10045.4.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
  ed25519: '1.3.101.112',
  // RFC 2985: attributes of a certification request.
  extensionRequest: '1.2.840.113549.1.9.14',
  // RFC 5280 appendix A: names and extensions.
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  /** RFC 8737 section 6.1: id-pe-acmeIdentifier. */
  acmeIdentifier: '1.3.6.1.5.5.7.1.31',
  authorityInformationAccess: '1.3.6.1.5.5.7.1.1',
  caIssuers: '1.3.6.1.5.5.7.48.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  /** RFC 7633: the TLS feature extension, whose feature 5 is "OCSP must staple". */
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  /** CA/Browser Forum Baseline Requirements section 7.1.6.1: domain validated. */
  domainValidated: '2.23.140.1.2.1',
} as const;
