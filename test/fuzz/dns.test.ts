import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeResponse } from '../../src/dns/dns-message.ts';
import { answerMessage, record } from '../support/dns-server.ts';
import { hasIpv6Loopback } from '../support/validation-lab.ts';
import { fuzzBudget, share } from './budget.ts';
import { dnsEdits, dnsLie, spoil } from './dns-lies.ts';
import type { DnsWorld } from './dns-world.ts';
import { startDnsWorld } from './dns-world.ts';

const budget = fuzzBudget(3_000, 'DNS answers');
const families = (await hasIpv6Loopback()) ? (['127.0.0.1', '::1'] as const) : (['127.0.0.1'] as const);
const AT_ONCE = 8;
const worlds: DnsWorld[] = [];

beforeAll(async () => {
  for (const address of families) worlds.push(await startDnsWorld(address));
});
afterAll(async () => {
  for (const world of worlds) await world.stop();
});

test.each(families.map((address, index) => [address, index] as const))(
  'whatever a server at %s says, look-ups end with a sound answer or with what is wrong',
  async (_address, index) => {
    const world = worlds[index];
    await fc.assert(
      fc.asyncProperty(fc.array(dnsLie, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (lies) => {
        await Promise.all(lies.map((lie) => world?.tell(lie)));
        expect(world?.deadlines()).toBe(0);
      }),
      share(budget, 0.25 / AT_ONCE),
    );
  },
);

test('a damaged message is read, called malformed or ignored, and never throws', () => {
  const question = { name: 'n1.fuzz.test', type: 'A' } as const;
  const query = { ...question, id: 7, transport: 'udp' } as const;
  const sound = answerMessage(query, {
    answers: [
      record('n1.fuzz.test', 'CNAME', 'c0.n1.fuzz.test'),
      record('c0.n1.fuzz.test', 'A', '198.51.100.1'),
      record('c0.n1.fuzz.test', 'TXT', 'text'),
      record('c0.n1.fuzz.test', 'AAAA', '2001:db8::1'),
      record('c0.n1.fuzz.test', 'CAA', '0 issue "ca.test"'),
    ],
    extendedErrors: [{ code: 6, text: 'why' }],
  });
  const kinds = new Set<string>();
  fc.assert(
    fc.property(dnsEdits, (edits) => {
      const decoded = decodeResponse(spoil(sound, edits), question);
      kinds.add(decoded.kind);
      if (decoded.kind !== 'response') return;
      for (const { owner } of decoded.response.records) expect(owner).toMatch(/^[\x21-\x7e]*$/);
    }),
    share(budget, 1),
  );
  expect([...kinds].sort()).toEqual(['malformed', 'response', 'unrelated']);
});
