import { afterEach, expect, test } from 'vitest';
import { parseHostsFile } from '../../src/dns/hosts-file.ts';
import type { SystemFiles } from '../../src/dns/system-files.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { resolverFor } from './resolver-for.ts';

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

async function start() {
  const dns = await startDnsServer(
    answerFrom({
      'first.localhost': { A: ['192.0.2.53'], TXT: ['from the server'] },
      'a.test': { A: ['192.0.2.53'], TXT: ['from the server'] },
    }),
  );
  clean.push(() => dns.stop());
  return dns;
}

function systemFiles(hosts: string, port?: number): SystemFiles {
  const servers = port === undefined ? [] : [{ address: '127.0.0.1', port }];
  return { hosts: () => parseHostsFile(hosts), servers: () => servers };
}

function resolverOf(settings: unknown, files?: SystemFiles) {
  const resolver = resolverFor(settings, files === undefined ? {} : { systemFiles: files });
  clean.push(() => resolver.close());
  return resolver;
}

const EVERYWHERE = '192.0.2.20 first.localhost a.test';

test('dns.hosts comes before localhost, the hosts file and the servers', async () => {
  const dns = await start();
  const hosts = { 'first.localhost': ['192.0.2.10'], 'a.test': ['192.0.2.10'] };
  for (const resolver of [
    resolverOf({ hosts }, systemFiles(EVERYWHERE, dns.port)),
    resolverOf({ hosts, servers: [dns.server] }),
  ]) {
    for (const name of ['first.localhost', 'a.test']) {
      expect(await resolver.lookup(name, 'A')).toEqual({
        name,
        type: 'A',
        source: { kind: 'configured-hosts' },
        outcome: 'answered',
        cnames: [],
        values: ['192.0.2.10'],
        tries: 0,
        durationMs: expect.any(Number),
      });
      expect(await resolver.lookup(name, 'AAAA')).toMatchObject({ outcome: 'empty' });
      expect(await resolver.lookup(name, 'TXT')).toMatchObject({ outcome: 'empty' });
    }
  }
  expect(dns.queries).toEqual([]);
});

test('with the system, localhost comes before the hosts file, and no type of it is ever forwarded', async () => {
  const dns = await start();
  const resolver = resolverOf({}, systemFiles(EVERYWHERE, dns.port));
  const source = { kind: 'localhost' };
  const lookup = (type: 'A' | 'AAAA' | 'TXT') => resolver.lookup('First.Localhost.', type);
  expect(await lookup('A')).toMatchObject({ source, outcome: 'answered', values: ['127.0.0.1'] });
  expect(await lookup('AAAA')).toMatchObject({ source, outcome: 'answered', values: ['::1'] });
  expect(await lookup('TXT')).toMatchObject({ source, outcome: 'empty', values: [] });
  expect(await resolver.lookup('_acme-challenge.localhost', 'TXT')).toMatchObject({ source });
  expect(dns.queries).toEqual([]);
});

test('with the system, the hosts file answers for addresses, and the servers for all else', async () => {
  const dns = await start();
  const resolver = resolverOf({}, systemFiles('192.0.2.20 a.test', dns.port));
  const source = { kind: 'hosts-file' };
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ source, values: ['192.0.2.20'] });
  expect(await resolver.lookup('a.test', 'AAAA')).toMatchObject({ source, outcome: 'empty' });
  expect(await resolver.lookup('a.test', 'TXT')).toMatchObject({
    source: { kind: 'server', server: dns.server },
    values: ['from the server'],
  });
  expect(await resolver.lookup('b.test', 'A')).toMatchObject({ outcome: 'nxdomain' });
});

test('with explicit servers, localhost names and the hosts file are theirs', async () => {
  const dns = await start();
  const resolver = resolverOf({ servers: [dns.server] }, systemFiles(EVERYWHERE));
  for (const name of ['first.localhost', 'a.test']) {
    expect(await resolver.lookup(name, 'A')).toMatchObject({
      source: { kind: 'server', server: dns.server },
      values: ['192.0.2.53'],
    });
  }
});

test('without any server the answer says so, and what to set', async () => {
  const resolver = resolverOf({}, systemFiles(''));
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({
    outcome: 'no-server',
    tries: 0,
    detail: expect.stringContaining('set dns.servers'),
  });
  expect(await resolver.lookup('first.localhost', 'A')).toMatchObject({ outcome: 'answered' });
});
