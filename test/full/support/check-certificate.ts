import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g;

/**
 * Has openssl judge a certificate: the leaf (the first of `files`) chains to the root through the others, strictly by
 * RFC 5280, may serve TLS, and is for exactly these names. Throws with openssl's words otherwise.
 */
export function checkCertificate(files: readonly string[], rootFile: string, names: readonly string[]): void {
  const [leaf = '', ...issuers] = files.flatMap((file) => readFileSync(file, 'utf8').match(BLOCK) ?? []);
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-check-'));
  try {
    const [leafFile, chainFile] = [join(folder, 'leaf.pem'), join(folder, 'chain.pem')];
    writeFileSync(leafFile, leaf);
    writeFileSync(chainFile, issuers.join(''));
    openssl(
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', rootFile],
      ...(issuers.length === 0 ? [] : ['-untrusted', chainFile]),
      leafFile,
    );
    const said = openssl('x509', '-in', leafFile, '-noout', '-ext', 'subjectAltName');
    const found = [...said.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map((match) => match[1]);
    if (found.sort().join() !== [...names].sort().join())
      throw new Error(`the certificate is for ${found.join(', ')}, not for ${names.join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
}
