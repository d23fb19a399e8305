import { describe, expect, onTestFinished, test } from 'vitest';
import { tellStory } from '../../src/explanation/story.ts';
import type { TestDnsServer } from '../support/dns-server.ts';
import {
  dialledIn,
  GOOD,
  problemOf,
  remotesOf,
  startDns,
  startWeb,
  validationFor,
  zoneAt,
} from '../support/perspectives-lab.ts';
import { hasIpv6Loopback, KEY_AUTHORIZATION, questionFor } from '../support/validation-lab.ts';
import { startWebServer } from '../support/web-server.ts';

/** Where a hijacker leads: all of 127.0.0.0/8 is this host on Linux alone. */
const BAD = '127.0.0.66';
const isLinux = process.platform === 'linux';

/** The owner's server and a hijacker's, at the same port, each with DNS of its own that leads to it. */
async function startHijack(body: string | number = 404) {
  const good = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const bad = await startWeb(BAD, good.port, body);
  const goodDns = await startDns(zoneAt(GOOD));
  const badDns = await startDns(zoneAt(BAD));
  return { good, bad, goodDns, badDns };
}

const PLACES = ['north', 'south', 'east', 'west', 'inner', 'outer'] as const;

/** As many remote perspectives as there are letters, `g` by the good DNS server and `b` by the bad one. */
function places(letters: string, { goodDns, badDns }: Record<'goodDns' | 'badDns', TestDnsServer>) {
  return [...letters].map((letter, index) => ({
    name: PLACES[index],
    dnsServers: [(letter === 'b' ? badDns : goodDns).server],
  }));
}

describe.skipIf(!isLinux)('when some remote perspectives are led to another server', () => {
  test.each([
    ['g', 0, 0],
    ['gb', 1, 1],
    ['gbg', 1, 1],
    ['bgggg', 1, 1],
    ['gbgggb', 2, 2],
  ])('%s corroborate: %i differ, and %i may', async (letters, failed, allowed) => {
    const world = await startHijack();
    const validation = validationFor({
      dns: world.goodDns,
      httpPort: world.good.port,
      perspectives: places(letters, world),
    });
    const verdict = await validation.validate(questionFor());
    expect(verdict.passed).toBe(true);
    expect(verdict.record.failure).toBeUndefined();
    expect(verdict.record.corroboration).toMatchObject({ failed, allowed });
    expect(dialledIn(verdict.record.steps)).toEqual([GOOD]);
    expect(remotesOf(verdict).map(({ perspective }) => perspective)).toEqual(PLACES.slice(0, letters.length));
    for (const [index, remote] of remotesOf(verdict).entries()) {
      const isBad = letters[index] === 'b';
      expect(dialledIn(remote.steps)).toEqual([isBad ? BAD : GOOD]);
      expect(remote.failure?.class).toBe(isBad ? 'status' : undefined);
    }
    expect(world.bad.accepted()).toBe(failed);
    expect(world.good.accepted()).toBe(1 + letters.length - failed);
  });

  test.each([
    ['b', '1 of 1 remote perspective (north) did not corroborate, and none may. From north'],
    ['bb', '2 of 2 remote perspectives (north, south) did not corroborate, and at most 1 may. From north'],
    ['gbb', '2 of 3 remote perspectives (south, east) did not corroborate, and at most 1 may. From south'],
    ['bggbb', '3 of 5 remote perspectives (north, west, inner) did not corroborate, and at most 1 may. From'],
    [
      'bgbgbg',
      '3 of 6 remote perspectives (north, east, inner) did not corroborate, and at most 2 may. From',
    ],
  ])('%s is refused: %s', async (letters, words) => {
    const world = await startHijack();
    const validation = validationFor({
      dns: world.goodDns,
      httpPort: world.good.port,
      perspectives: places(letters, world),
    });
    const verdict = await validation.validate(questionFor());
    expect(verdict.passed).toBe(false);
    expect(verdict.record.failure?.class).toBe('perspectives');
    const problem = problemOf(verdict);
    expect(problem?.code).toBe('unauthorized');
    expect(problem?.detail).toContain(`During secondary validation: ${words}`);
    expect(problem?.detail).toContain(`${BAD}: Invalid response from http://dual.test:`);
    expect(dialledIn(verdict.record.steps)).toEqual([GOOD]);
  });
});

test.skipIf(!isLinux)('the first to disagree lends its error type and its words', async () => {
  const world = await startHijack('somebody else');
  const nowhere = await startDns({});
  const perspectives = [
    { name: 'north', dnsServers: [nowhere.server] },
    { name: 'south', dnsServers: [world.badDns.server] },
  ];
  const settings = { dns: world.goodDns, httpPort: world.good.port };
  const first = await validationFor({ ...settings, perspectives }).validate(questionFor());
  expect(problemOf(first)?.code).toBe('dns');
  expect(problemOf(first)?.detail).toContain('From north: DNS problem: NXDOMAIN looking up A for dual.test');
  const reversed = [...perspectives].reverse();
  const second = await validationFor({ ...settings, perspectives: reversed }).validate(questionFor());
  expect(problemOf(second)?.code).toBe('unauthorized');
  expect(problemOf(second)?.detail).toContain(`From south: ${BAD}: The key authorization file`);
});

test.skipIf(!(await hasIpv6Loopback()) || !isLinux)(
  'each sees an address of its own, of either family',
  async () => {
    const one = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
    const six = await startWeb('::1', one.port, KEY_AUTHORIZATION);
    const two = await startWeb('127.0.0.2', one.port, KEY_AUTHORIZATION);
    const dns = await startDns(zoneAt(GOOD));
    const sixDns = await startDns(zoneAt('::1'));
    const verdict = await validationFor({
      dns,
      httpPort: one.port,
      perspectives: [
        { name: 'six', dnsServers: [sixDns.server] },
        { name: 'hosts', hosts: { 'dual.test': ['127.0.0.2'] } },
        { name: 'same' },
      ],
    }).validate(questionFor());
    expect(verdict.passed).toBe(true);
    expect(remotesOf(verdict).map(({ steps }) => dialledIn(steps))).toEqual([['::1'], ['127.0.0.2'], [GOOD]]);
    expect([one.accepted(), six.accepted(), two.accepted()]).toEqual([2, 1, 1]);
    // Each asked for itself: the primary's answers serve nobody else.
    expect(dns.queries.filter(({ type }) => type === 'A')).toHaveLength(2);
    expect(sixDns.queries.filter(({ type }) => type === 'AAAA')).toHaveLength(1);
  },
);

test.skipIf(!isLinux)('connections and questions come from the source address', async () => {
  const sources: (string | undefined)[] = [];
  const web = await startWebServer(GOOD, 0, (request, response) => {
    sources.push(request.socket.remoteAddress);
    response.end(KEY_AUTHORIZATION);
  });
  onTestFinished(() => web.stop());
  const dns = await startDns(zoneAt(GOOD));
  const verdict = await validationFor({
    dns,
    httpPort: web.port,
    perspectives: [{ name: 'north', sourceIpv4: '127.0.0.7' }],
  }).validate(questionFor());
  expect(verdict.passed).toBe(true);
  expect(sources).toEqual(['127.0.0.1', '127.0.0.7']);
  expect([...new Set(dns.queries.map(({ remoteAddress }) => remoteAddress))]).toEqual([
    '127.0.0.1',
    '127.0.0.7',
  ]);
  expect(remotesOf(verdict)[0]?.localAddresses).toEqual(['127.0.0.7']);
});

test('a source address that this host lacks is its own fault, and the failure names the key', async () => {
  const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const dns = await startDns({});
  const verdict = await validationFor({
    dns,
    httpPort: web.port,
    perspectives: [{ name: 'north', sourceIpv4: '192.0.2.9', hosts: { 'dual.test': [GOOD] } }],
    validation: { allowReservedAddresses: true },
  }).validate({ ...questionFor({ type: 'ip', value: GOOD }) });
  expect(remotesOf(verdict)[0]).toMatchObject({
    localAddresses: ['192.0.2.9'],
    failure: { class: 'connect', kind: 'other', code: 'EADDRNOTAVAIL' },
  });
  const problem = problemOf(verdict);
  expect(problem?.code).toBe('serverInternal');
  expect(problem?.detail).not.toContain('all the world');
  expect(tellStory(verdict.record).map(({ text }) => text)).toContain(
    '  north (from 192.0.2.9): serverInternal: this host does not have the address to dial from.',
  );
  expect(problem?.detail).toContain('set sourceIpv4 in validation.perspectives to one that it has');
});
