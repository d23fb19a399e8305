/** `token "." thumbprint` of the account key: RFC 8555 section 8.1. */
export function keyAuthorization(token: string, thumbprint: string): string {
  return `${token}.${thumbprint}`;
}

/** Where http-01 is fetched from, below the host: RFC 8555 section 8.3. */
export function http01Path(token: string): string {
  return `/.well-known/acme-challenge/${token}`;
}

/** Where dns-01's TXT record lies: RFC 8555 section 8.4. */
export function dns01Name(domain: string): string {
  return `_acme-challenge.${domain}`;
}
