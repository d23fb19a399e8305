import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { ApiCertificate } from '../../src/issuance/api-certificate.ts';
import { loadOrCreateApiCertificate, renewAt } from '../../src/issuance/api-certificate.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { hasOpenssl, openssl } from '../x509/openssl.ts';
import { DAY_MS, NOW } from './authority-world.ts';

const NAMES = ['localhost', '127.0.0.1', '::1', 'my_Host', 'zürich.example'];
const hasPython = spawnSync('python3', ['-c', 'import ssl']).status === 0;

function load(folder: string, names = NAMES, now = NOW): Promise<ApiCertificate> {
  return loadOrCreateApiCertificate({ folder, names, now, randomness: systemRandomness });
}

function leafOf({ certificatePem }: ApiCertificate): X509Certificate {
  return new X509Certificate(certificatePem);
}

describe("the API's certificate", () => {
  test('is made once for its names, with 90 days', async () => {
    const folder = temporaryFolder();
    const first = await load(folder);
    expect(leafOf(first).subjectAltName).toBe(
      'DNS:localhost, DNS:my_host, DNS:xn--zrich-kva.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(first.notAfter - first.notBefore).toBe(90 * DAY_MS - 1000);
    expect(await load(folder, [...NAMES].reverse())).toEqual(first);
    expect(first.caFile).toBe(join(folder, 'api-ca.pem'));
  });

  test('is made anew for other names, under the same authority and key', async () => {
    const folder = temporaryFolder();
    const first = await load(folder);
    const anchor = readFileSync(first.caFile, 'utf8');
    const second = await load(folder, ['localhost']);
    expect(leafOf(second).subjectAltName).toBe('DNS:localhost');
    expect(second.keyPem).toBe(first.keyPem);
    expect(readFileSync(second.caFile, 'utf8')).toBe(anchor);
  });

  test('is made anew with a third of its time left', async () => {
    const folder = temporaryFolder();
    const first = await load(folder);
    const due = renewAt(first);
    expect(due).toBeGreaterThan(NOW + 59 * DAY_MS);
    expect(due).toBeLessThan(NOW + 61 * DAY_MS);
    expect(await load(folder, NAMES, due - 1)).toEqual(first);
    expect((await load(folder, NAMES, due)).notAfter).toBeGreaterThan(first.notAfter);
  });

  test('outlives no authority: a new one of the same key comes in time', async () => {
    const folder = temporaryFolder();
    const first = await load(folder);
    const later = NOW + 3600 * DAY_MS;
    const second = await load(folder, NAMES, later);
    const authority = new X509Certificate(readFileSync(second.caFile));
    expect(Date.parse(authority.validTo)).toBeGreaterThan(second.notAfter);
    expect(leafOf(first).verify(authority.publicKey)).toBe(true);
  });

  test.each(['keys/api-ca.key', 'api-ca.pem', 'keys/api.key', 'keys/api.pem'])(
    'is whole again after %s was lost',
    async (lost) => {
      const folder = temporaryFolder();
      await load(folder);
      rmSync(join(folder, lost));
      const after = await load(folder);
      const authority = new X509Certificate(readFileSync(after.caFile));
      expect(leafOf(after).verify(authority.publicKey)).toBe(true);
    },
  );

  test('is refused for a name that no certificate can hold', async () => {
    await expect(load(temporaryFolder(), ['a b'])).rejects.toThrow(RangeError);
  });

  test.skipIf(!hasOpenssl)(
    'passes openssl verify -x509_strict (skipped where there is no openssl)',
    async () => {
      const folder = temporaryFolder();
      const made = await load(folder);
      const leaf = join(folder, 'leaf.pem');
      writeFileSync(leaf, made.certificatePem);
      for (const name of [
        ['-verify_hostname', 'localhost'],
        ['-verify_ip', '::1'],
        ['-verify_ip', '127.0.0.1'],
      ])
        openssl(['verify', '-x509_strict', '-purpose', 'sslserver', ...name, '-CAfile', made.caFile, leaf]);
    },
  );

  test('is trusted by a TLS client that trusts the authority alone', async () => {
    const made = await load(temporaryFolder());
    const server = createServer({ cert: made.certificatePem, key: made.keyPem });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const socket = connect({
        host: '127.0.0.1',
        port,
        ca: readFileSync(made.caFile),
        servername: 'localhost',
      });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      expect(socket.authorized).toBe(true);
      socket.destroy();
    } finally {
      server.close();
    }
  });

  test.skipIf(!hasPython)(
    'is trusted by Python with VERIFY_X509_STRICT (skipped where there is no python3)',
    async () => {
      const folder = temporaryFolder();
      const made = await load(folder);
      writeFileSync(join(folder, 'server.pem'), made.certificatePem);
      writeFileSync(join(folder, 'server.key'), made.keyPem);
      const result = spawnSync('python3', [
        '-c',
        STRICT_HANDSHAKE,
        made.caFile,
        join(folder, 'server.pem'),
        join(folder, 'server.key'),
      ]);
      expect(result.stderr.toString()).toBe('');
      expect(result.status).toBe(0);
    },
  );
});

/** Both sides in memory, with the flags that Python 3.13 sets by default. */
const STRICT_HANDSHAKE = `
import ssl, sys
ca, cert, key = sys.argv[1:]
client = ssl.create_default_context(cafile=ca)
client.verify_flags |= ssl.VERIFY_X509_STRICT | getattr(ssl, 'VERIFY_X509_PARTIAL_CHAIN', 0)
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(cert, key)
a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
c = client.wrap_bio(a, b, server_hostname='127.0.0.1')
s = server.wrap_bio(b, a, server_side=True)
done = set()
while len(done) < 2:
    for side in (c, s):
        try:
            side.do_handshake()
            done.add(side)
        except ssl.SSLWantReadError:
            pass
`;
