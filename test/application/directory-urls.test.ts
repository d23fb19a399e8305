import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { directoryUrls } from '../../src/application/directory-urls.ts';

function urls(addresses: readonly string[], acme: object = {}) {
  return directoryUrls(parseConfiguration({ acme }).acme, { port: 14000, addresses });
}

test.each([
  [
    ['0.0.0.0', '::'],
    'https://127.0.0.1:14000/dir',
    'https://[::1]:14000/dir',
    'https://localhost:14000/dir',
  ],
  [['127.0.0.1'], 'https://127.0.0.1:14000/dir', undefined, 'https://localhost:14000/dir'],
  [['::1'], undefined, 'https://[::1]:14000/dir', 'https://localhost:14000/dir'],
  [['::'], undefined, 'https://[::1]:14000/dir', 'https://localhost:14000/dir'],
  [['192.0.2.7'], 'https://192.0.2.7:14000/dir', undefined, 'https://192.0.2.7:14000/dir'],
  [['2001:db8::7'], undefined, 'https://[2001:db8::7]:14000/dir', 'https://[2001:db8::7]:14000/dir'],
])('listening on %j', (addresses, ipv4, ipv6, localhost) => {
  expect(urls(addresses)).toEqual({ ipv4, ipv6, localhost });
});

test('plain HTTP is said to be http', () => {
  expect(urls(['0.0.0.0'], { tls: { enabled: false } }).localhost).toBe('http://localhost:14000/dir');
});

test('a configured external URL stands for all', () => {
  const url = 'https://ca.example.test/dir';
  expect(urls(['0.0.0.0', '::'], { externalUrl: 'https://ca.example.test' })).toEqual({
    ipv4: url,
    ipv6: url,
    localhost: url,
  });
});
