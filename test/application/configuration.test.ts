import { expect, test } from 'vitest';
import { isListKey, parseConfiguration } from '../../src/application/configuration.ts';
import { ConfigurationError } from '../../src/application/configuration-error.ts';

function complaintOf(settings: unknown): string {
  try {
    parseConfiguration(settings);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'none';
}

test('every default is usable', () => {
  expect(parseConfiguration({})).toMatchObject({
    acme: { port: 14000, addresses: ['0.0.0.0', '::'], requireDualStack: false, tls: { enabled: true } },
    publication: { port: 14090 },
    dns: { servers: 'system' },
    validation: { httpPort: 5002, tlsPort: 5001, addressPolicy: 'documented', allowReservedAddresses: true },
    policy: { requirePublicSuffix: false },
    registration: {
      orderLifetimeSeconds: 604_800,
      pendingAuthorizationLifetimeSeconds: 604_800,
      validAuthorizationLifetimeSeconds: 2_592_000,
    },
    log: { level: 'info' },
  });
});

test('$schema is allowed, for editors', () => {
  expect(parseConfiguration({ $schema: './touchstone.schema.json' }).acme.port).toBe(14000);
});

test.each([
  [{ acme: { port: 'abc' } }, 'acme.port: must be a number, and is "abc"'],
  [{ acme: { port: 70_000 } }, 'acme.port: must be at most 65535, and is 70000'],
  [{ acme: { port: 1.5 } }, 'acme.port: must be a whole number, and is 1.5'],
  [{ acme: { addresses: [] } }, 'acme.addresses: must not be empty'],
  [{ acme: { addresses: ['localhost'] } }, 'acme.addresses.0: must be a literal IPv4 or IPv6 address'],
  [
    { acme: { addresses: ['127.0.0.1', '::1', '127.0.0.1'] } },
    'acme.addresses: must name each address once, and 127.0.0.1 is there again',
  ],
  [
    { acme: { addresses: ['::1', '0:0::1'] } },
    'acme.addresses: must name each address once, and 0:0::1 is there again',
  ],
  [{ acme: { externalUrl: 'ca.example' } }, 'acme.externalUrl: must be a URL of scheme, host and port alone'],
  [{ acme: { externalUrl: 'https://ca.example/acme' } }, 'acme.externalUrl: must be a URL'],
  [{ acme: { tls: { enabled: 1 } } }, 'acme.tls.enabled: must be true or false, and is 1'],
  [{ acme: { tls: { key: 'k.pem' } } }, 'acme.tls: certificate and key belong together'],
  [{ publication: 5 }, 'publication: must be an object with keys of its own, and is 5'],
  [
    { log: { level: 'loud' } },
    'log.level: must be one of trace, debug, info, warn, error, silent, and is "loud"',
  ],
  [{ dns: { hosts: { 'a.test': ['x'] } } }, 'dns.hosts.a.test.0: must be an IPv4 or IPv6 address'],
  [{ store: { sweepIntervalSeconds: 0.001 } }, 'store.sweepIntervalSeconds: must be 0 or at least 0.01'],
  [
    { registration: { orderLifetimeSeconds: 0 } },
    'registration.orderLifetimeSeconds: must be at least 1, and is 0',
  ],
  [
    { registration: { pendingAuthorizationLifetimeSeconds: 1.5 } },
    'registration.pendingAuthorizationLifetimeSeconds: must be a whole number, and is 1.5',
  ],
  [
    { registration: { validAuthorizationLifetimeSeconds: 315_360_001 } },
    'registration.validAuthorizationLifetimeSeconds: must be at most 315360000, and is 315360001',
  ],
  [{ validation: { connectTimeoutMs: 0 } }, 'validation.connectTimeoutMs: must be at least 1, and is 0'],
  [[], 'the top level: must be an object with keys of its own, and is []'],
])('%j is refused with its path and the reason', (settings, complaint) => {
  expect(complaintOf(settings)).toContain(`\n  ${complaint}`);
});

test('an unknown key is answered with those that there are', () => {
  expect(complaintOf({ acme: { prot: 1 } })).toContain(
    'acme.prot: there is no such key; acme has port, addresses,',
  );
  expect(complaintOf({ acme: { tls: { cert: 'x' } } })).toContain(
    'acme.tls.cert: there is no such key; acme.tls has enabled,',
  );
  expect(complaintOf({ amce: {} })).toContain(
    'amce: there is no such key; the top level has acme, publication,',
  );
});

test('every problem is told at once', () => {
  expect(complaintOf({ acme: { port: -1 }, nope: 1, log: { level: 'x' } }).split('\n')).toHaveLength(4);
});

test.each([
  ['acme.addresses', true],
  ['acme.tls.names', true],
  ['dns.servers', true],
  ['dns.hosts.www.example.test', true],
  ['acme.port', false],
  ['issuance.keyAlgorithm', false],
  ['no.such.key', false],
])('%s holds a list: %s', (key, expected) => {
  expect(isListKey(key)).toBe(expected);
});
