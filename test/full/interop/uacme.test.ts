import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCertificate } from '../support/check-certificate.ts';
import { serialOf } from '../support/interop-server.ts';
import { allBy, provedBy } from '../support/proved-by.ts';
import { mustRun } from '../support/run-program.ts';
import type { RunningClient } from '../support/running-client.ts';
import { startClient } from '../support/running-client.ts';
import type { UacmeWorld } from '../support/uacme.ts';
import { startUacmeWorld } from '../support/uacme.ts';

const NAMES = ['uacme.interop.example', 'www.uacme.interop.example'];
const [NAME = ''] = NAMES;
const ADDRESSES = ['127.0.0.1', '::1'];
/** As openssl writes them. */
const WRITTEN_ADDRESSES = ['127.0.0.1', '0:0:0:0:0:0:0:1'];

describe.each([
  ['HTTPS', true],
  ['plain HTTP, as behind a proxy', false],
])('over %s', (_, tls) => {
  let world: UacmeWorld;
  beforeAll(async () => {
    world = await startUacmeWorld(NAMES, tls);
  });
  afterAll(() => world?.finish());

  test('uacme obtains, renews by force and revokes, and hears alreadyRevoked when it asks again', async () => {
    await world.run('http-01', 'new', 'uacme@interop.example');
    await world.run('http-01', 'issue', ...NAMES);
    checkCertificate([world.certificate(NAME)], world.rootCa, NAMES);
    expect(await provedBy(world, NAME)).toEqual(allBy('http-01', NAMES));
    const serial = serialOf(world.certificate(NAME));

    await world.run('http-01', '--force', 'issue', ...NAMES);
    checkCertificate([world.certificate(NAME)], world.rootCa, NAMES);
    expect(serialOf(world.certificate(NAME))).not.toBe(serial);

    const copy = join(world.clientFolder, 'copy.pem');
    copyFileSync(world.certificate(NAME), copy);
    await world.run('http-01', 'revoke', world.certificate(NAME));
    const again = await world.attempt('revoke', copy);
    expect(again.code).not.toBe(0);
    expect(again.output).toContain('alreadyRevoked');
  });
});

describe('for addresses, and by ualpn', () => {
  let world: UacmeWorld;
  let ualpn: RunningClient;

  beforeAll(async () => {
    world = await startUacmeWorld(NAMES, true);
    ualpn = await startClient(
      'ualpn',
      [
        ...['--bind', `127.0.0.1@${world.tlsPort}`, '--bind', `::1@${world.tlsPort}`],
        // What is no validation would be passed on to here.
        ...['--connect', `127.0.0.1@${world.httpPort}`, '--sock', world.alpnSocket],
        ...['--pidfile', join(world.clientFolder, 'ualpn.pid'), '-vvv'],
      ],
      { home: world.clientFolder },
    );
    await world.run('http-01', 'new', 'uacme@interop.example');
  });

  afterAll(async () => {
    await ualpn?.stop();
    await world?.finish();
  });

  test('uacme obtains a certificate for an IPv4 and an IPv6 address by http-01', async () => {
    const { csr, certificate } = await addressCsr(world, 'http');
    await world.run('http-01', 'issue', csr);
    checkCertificate([certificate], world.rootCa, WRITTEN_ADDRESSES);
    expect(await provedBy(world, '127.0.0.1')).toEqual(allBy('http-01', ADDRESSES));
  });

  test('uacme and ualpn obtain a certificate by tls-alpn-01', async () => {
    await world.run('tls-alpn-01', 'issue', ...NAMES);
    checkCertificate([world.certificate(NAME)], world.rootCa, NAMES);
    expect(await provedBy(world, NAME)).toEqual(allBy('tls-alpn-01', NAMES));
  });

  test('uacme and ualpn obtain a certificate for an IPv4 and an IPv6 address by tls-alpn-01', async () => {
    const { csr, certificate } = await addressCsr(world, 'alpn');
    await world.run('tls-alpn-01', 'issue', csr);
    checkCertificate([certificate], world.rootCa, WRITTEN_ADDRESSES);
    expect(await provedBy(world, '127.0.0.1')).toEqual(allBy('tls-alpn-01', ADDRESSES));
  });

  test('uacme obtains a certificate for a name and addresses beside it', async () => {
    await world.run('http-01', '--force', 'issue', NAME, ...ADDRESSES);
    checkCertificate([world.certificate(NAME)], world.rootCa, [NAME, ...WRITTEN_ADDRESSES]);
    expect(await provedBy(world, NAME)).toEqual(allBy('http-01', [NAME, ...ADDRESSES]));
  });

  test("uacme's own CSR for an address alone, with the address as its common name, is refused as Let's Encrypt does", async () => {
    const { code, output } = await world.attempt('issue', ...ADDRESSES);
    expect(code).not.toBe(0);
    expect(output).toContain('badCSR');
    expect(output).toContain('has an IP address as its common name');
  });
});

/** A CSR for the addresses and no common name, and where uacme puts the certificate for it. */
async function addressCsr({ clientFolder: home }: UacmeWorld, name: string) {
  const csr = join(home, `${name}.csr`);
  await mustRun(
    'openssl',
    [
      ...['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/', '-out', csr],
      ...['-keyout', join(home, `${name}.key`)],
      ...['-addext', `subjectAltName=${ADDRESSES.map((address) => `IP:${address}`).join()}`],
    ],
    { home },
  );
  return { csr, certificate: join(home, `${name}-cert.pem`) };
}
