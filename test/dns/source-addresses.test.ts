import { afterEach, expect, test } from 'vitest';
import type { DnsClient } from '../../src/dns/dns-client.ts';
import { createDnsClient } from '../../src/dns/dns-client.ts';
import { parseServerAddress } from '../../src/dns/server-address.ts';
import type { LocalAddresses } from '../../src/runtime/local-addresses.ts';
import { localAddressFor } from '../../src/runtime/local-addresses.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { hasIpv6Loopback } from '../support/validation-lab.ts';

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

async function start(address?: '127.0.0.1' | '::1') {
  const zone = answerFrom({ 'a.test': { A: ['192.0.2.1'] } });
  const dns = await startDnsServer(async (query) => ({ ...(await zone(query)), truncate: true }), address);
  clean.push(() => dns.stop());
  return dns;
}

function clientFrom(localAddresses: LocalAddresses): DnsClient {
  const client = createDnsClient({
    timeoutMs: 2000,
    network: createSystemNetwork(systemTimer, localAddresses),
    timer: systemTimer,
    randomness: systemRandomness,
    localAddresses,
  });
  clean.push(() => client.close());
  return client;
}

async function ask(client: DnsClient, server: string) {
  const address = parseServerAddress(server);
  if (address === undefined) throw new Error(`${server} is no server address`);
  return await client.lookup([address], 'a.test', 'A');
}

test('the local address is the one of the family of the server', () => {
  const local = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' };
  expect(localAddressFor('198.51.100.1', local)).toBe('192.0.2.1');
  expect(localAddressFor('2001:db8::2', local)).toBe('2001:db8::1');
  expect(localAddressFor('2001:db8::2', { ipv4: '192.0.2.1' })).toBeUndefined();
});

// All of 127.0.0.0/8 is this host on Linux alone.
test.skipIf(process.platform !== 'linux')(
  "datagrams leave from the local address, and TCP from the network's",
  async () => {
    const dns = await start();
    expect(await ask(clientFrom({ ipv4: '127.0.0.7' }), dns.server)).toMatchObject({ outcome: 'answered' });
    expect(await ask(clientFrom({ ipv6: '::1' }), dns.server)).toMatchObject({ outcome: 'answered' });
    expect(dns.queries.map((query) => `${query.transport} ${query.remoteAddress}`)).toEqual([
      'udp 127.0.0.7',
      'tcp 127.0.0.7',
      'udp 127.0.0.1',
      'tcp 127.0.0.1',
    ]);
  },
);

test.skipIf(!(await hasIpv6Loopback()))('over IPv6 as well', async () => {
  const dns = await start('::1');
  const client = clientFrom({ ipv4: '192.0.2.1', ipv6: '::1' });
  expect(await ask(client, dns.server)).toMatchObject({ outcome: 'answered' });
  expect(dns.queries.map((query) => `${query.transport} ${query.remoteAddress}`)).toEqual([
    'udp ::1',
    'tcp ::1',
  ]);
});

test('an address that this host does not have is a network error, at once and every time', async () => {
  const dns = await start();
  const client = clientFrom({ ipv4: '192.0.2.1' });
  for (let count = 1; count <= 2; count += 1) {
    expect(await ask(client, dns.server)).toMatchObject({
      outcome: 'network-error',
      tries: 3,
      detail: expect.stringContaining('EADDRNOTAVAIL 192.0.2.1'),
    });
  }
  expect(dns.queries).toHaveLength(0);
});
