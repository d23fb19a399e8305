import { expect, test } from 'vitest';
import { isAbsentProof, suffices } from '../../src/policy/rehearsal.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';

const at = { url: 'http://a.test/x', address: '192.0.2.1' };
const record = { critical: false, tag: 'issue', value: 'other.test' };
const server = { kind: 'server', server: '192.0.2.53:53' } as const;
const name = '_acme-challenge.a.test';

const txt = (outcome: 'nxdomain' | 'servfail' | 'timeout'): ValidationFailure => ({
  class: 'lookup',
  hostname: name,
  lookups: [{ name, type: 'TXT', outcome }],
});

const ABSENT: readonly (readonly [string, ValidationFailure])[] = [
  ['a 404', { class: 'status', ...at, status: 404 }],
  ['any other status', { class: 'status', ...at, status: 503 }],
  ['another text', { class: 'wrong-content', ...at, expected: 'a', received: 'b' }],
  ['a page', { class: 'body-too-long', ...at, limitBytes: 127, start: '<html>' }],
  ['no TXT record', { class: 'no-txt', name, answerSource: server }],
  ['no TXT record, said by nobody knows whom', { class: 'no-txt', name }],
  ['another TXT record', { class: 'wrong-txt', name, expected: 'a', received: ['b'] }],
  ['no name for a TXT record', txt('nxdomain')],
  ['no leave', { class: 'persist', name, fault: 'other-issuers', reasons: [], expected: 'x' }],
  [
    'another protocol',
    { class: 'alpn', hostname: 'a.test', address: '192.0.2.1', port: 443, negotiated: 'h2' },
  ],
  ['an alert about the protocol', { class: 'tls', address: '192.0.2.1', kind: 'no-alpn', detail: 'alert' }],
  [
    'another certificate',
    {
      class: 'certificate',
      hostname: 'a.test',
      address: '192.0.2.1',
      port: 443,
      fault: 'no-acme-identifier',
      detail: 'x',
    },
  ],
];

const IN_THE_WAY: readonly (readonly [string, ValidationFailure])[] = [
  ['a TXT look-up that SERVFAILs', txt('servfail')],
  ['a TXT look-up that times out', txt('timeout')],
  [
    'a host that is not there',
    { class: 'lookup', hostname: 'a.test', lookups: [{ name: 'a.test', type: 'A', outcome: 'nxdomain' }] },
  ],
  ['a name that never has a TXT record', { class: 'no-txt', name, answerSource: { kind: 'localhost' } }],
  [
    'a name that dns.hosts answers for',
    { class: 'no-txt', name, answerSource: { kind: 'configured-hosts' } },
  ],
  ['no address', { class: 'no-address', hostname: 'a.test', filtered: [] }],
  [
    'a refused connection',
    { class: 'connect', ...at, family: 'ipv4', port: 80, kind: 'refused', budgetMs: 1 },
  ],
  ['a silent server', { class: 'exchange', ...at, phase: 'response', kind: 'silent' }],
  ['a body that breaks off', { class: 'exchange', ...at, phase: 'body', kind: 'reset' }],
  ['a failed handshake', { class: 'tls', ...at, kind: 'handshake', detail: 'alert' }],
  ['a refused redirect', { class: 'redirect', ...at, refusal: 'port', location: 'x', status: 302 }],
  [
    'CAA that forbids',
    {
      class: 'caa',
      name: 'a.test',
      wildcard: false,
      foundAt: 'test',
      decision: 'not-authorized',
      record,
      identities: ['touchstone.test'],
    },
  ],
  [
    'CAA that cannot be asked',
    {
      class: 'caa-lookup',
      name: 'a.test',
      wildcard: false,
      lookup: { name: 'a.test', type: 'CAA', outcome: 'servfail' },
    },
  ],
  ['perspectives that disagree', { class: 'perspectives', remotes: 2, allowed: 0, disagreeing: [] }],
  ['time that is up', { class: 'overall-timeout', budgetMs: 1 }],
  ['a fault of ours', { class: 'internal', detail: 'x' }],
];

test.each(ABSENT)('%s is the absence of a proof, which a rehearsal expects', (_what, failure) => {
  expect(isAbsentProof(failure)).toBe(true);
  expect(suffices(failure, true)).toBe(true);
  expect(suffices(failure, false)).toBe(false);
});

test.each(IN_THE_WAY)('%s is in the way, of a rehearsal too', (_what, failure) => {
  expect(isAbsentProof(failure)).toBe(false);
  expect(suffices(failure, true)).toBe(false);
});

test('no failure suffices always', () => {
  expect([suffices(undefined, false), suffices(undefined, true)]).toEqual([true, true]);
});
