import { afterEach, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { createValidation } from '../../src/application/validation.ts';
import { realWorld } from '../../src/application/world.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { ValidationVerdict } from '../../src/protocol/validation-question.ts';
import type { PerspectiveRecord, ValidationStep } from '../../src/protocol/validation-record.ts';
import type { Network } from '../../src/runtime/network.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import type { TestDnsServer, ZoneTable } from '../support/dns-server.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { hasIpv6Loopback, KEY_AUTHORIZATION, questionFor } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startWebServer } from '../support/web-server.ts';

/** The owner's server, and the one that a hijacker leads to: all of 127.0.0.0/8 is this host on Linux alone. */
const GOOD = '127.0.0.1';
const BAD = '127.0.0.66';
const isLinux = process.platform === 'linux';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

const zoneAt = (address: string, caa: readonly string[] = []): ZoneTable => ({
  'dual.test': { [address.includes(':') ? 'AAAA' : 'A']: [address], CAA: caa },
});

async function startDns(zone: ZoneTable): Promise<TestDnsServer> {
  const dns = await startDnsServer(answerFrom(zone));
  clean.push(() => dns.stop());
  return dns;
}

async function startWeb(address: string, port: number, body: string | number): Promise<SeenServer> {
  const server = await startWebServer(address, port, (_request, response) => {
    if (typeof body === 'number') response.writeHead(body).end();
    else response.end(body);
  });
  clean.push(() => server.stop());
  return server;
}

/** The owner's server and a hijacker's, at the same port, each with DNS of its own that leads to it. */
async function startHijack(body: string | number = 404) {
  const good = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const bad = await startWeb(BAD, good.port, body);
  const goodDns = await startDns(zoneAt(GOOD));
  const badDns = await startDns(zoneAt(BAD));
  return { good, bad, goodDns, badDns };
}

interface Settings {
  readonly dns: TestDnsServer;
  readonly httpPort: number;
  readonly perspectives: readonly object[];
  readonly validation?: object;
}

function validationFor({ dns, httpPort, perspectives, validation }: Settings) {
  const config = parseConfiguration({
    dns: { servers: [dns.server] },
    validation: { httpPort, perspectives, ...validation },
  });
  const made = createValidation(config);
  clean.push(() => made.close());
  return made;
}

const PLACES = ['north', 'south', 'east', 'west', 'inner', 'outer'] as const;

/** As many remote perspectives as there are letters, `g` by the good DNS server and `b` by the bad one. */
function places(letters: string, { goodDns, badDns }: Record<'goodDns' | 'badDns', TestDnsServer>) {
  return [...letters].map((letter, index) => ({
    name: PLACES[index],
    dnsServers: [(letter === 'b' ? badDns : goodDns).server],
  }));
}

function remotesOf({ record }: ValidationVerdict): readonly PerspectiveRecord[] {
  return record.corroboration?.remotes ?? [];
}

function problemOf({ record }: ValidationVerdict) {
  return record.failure === undefined ? undefined : explainFailure(record.failure);
}

const dialledIn = (steps: readonly ValidationStep[]): readonly string[] =>
  steps.flatMap((step) => (step.step === 'attempt' ? [step.address] : []));

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
  clean.push(() => web.stop());
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
  expect(problem?.detail).toContain('set sourceIpv4 in validation.perspectives to one that it has');
});

test('what the primary perspective does not see, nobody else is asked about', async () => {
  const web = await startWeb(GOOD, 0, 404);
  const dns = await startDns(zoneAt(GOOD));
  const other = await startDns(zoneAt(GOOD));
  const verdict = await validationFor({
    dns,
    httpPort: web.port,
    perspectives: [{ name: 'north', dnsServers: [other.server] }],
  }).validate(questionFor());
  expect(verdict.record.failure?.class).toBe('status');
  expect(verdict.record.corroboration).toBeUndefined();
  expect(other.queries).toEqual([]);
  expect(web.accepted()).toBe(1);
});

test('without remote perspectives a record is as it ever was', async () => {
  const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const dns = await startDns(zoneAt(GOOD));
  const verdict = await validationFor({ dns, httpPort: web.port, perspectives: [] }).validate(questionFor());
  expect(verdict.passed).toBe(true);
  expect(verdict.record).not.toHaveProperty('corroboration');
  expect(web.accepted()).toBe(1);
});

test('remote perspectives look side by side, and stand in the order of the configuration', async () => {
  const waiting: (() => void)[] = [];
  const web = await startWebServer(GOOD, 0, (_request, response) => {
    const answer = (): void => void response.end(KEY_AUTHORIZATION);
    if (web.requests.length === 1) answer();
    else waiting.push(answer);
    // Answered from last to first, and none before all have asked.
    if (waiting.length === 3) for (const each of waiting.reverse()) each();
  });
  clean.push(() => web.stop());
  const dns = await startDns(zoneAt(GOOD));
  const verdict = await validationFor({
    dns,
    httpPort: web.port,
    perspectives: [{ name: 'zoe' }, { name: 'mia' }, { name: 'ada' }],
  }).validate(questionFor());
  expect(verdict.passed).toBe(true);
  expect(remotesOf(verdict).map(({ perspective }) => perspective)).toEqual(['zoe', 'mia', 'ada']);
  expect(verdict.record.durationMs).toBeGreaterThanOrEqual(remotesOf(verdict)[0]?.durationMs ?? Infinity);
});

test('their dials count for the account: two at once of six', async () => {
  const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const real = createSystemNetwork(systemTimer);
  const held: (() => void)[] = [];
  let dials = 0;
  let isHolding = true;
  let reached = (): void => undefined;
  const two = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const network: Network = {
    connect: async (...dial) => {
      dials += 1;
      // The primary's goes through.
      if (dials > 1 && isHolding)
        await new Promise<void>((resolve) => (held.push(resolve) === 2 ? reached() : undefined));
      return real.connect(...dial);
    },
  };
  const config = parseConfiguration({
    validation: { httpPort: web.port, maxDialsPerAccount: 2, perspectives: [...PLACES] },
  });
  const validation = createValidation(config, realWorld({ network }));
  clean.push(() => validation.close());
  const validating = validation.validate(questionFor({ type: 'ip', value: GOOD }));
  await two;
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(held).toHaveLength(2);
  isHolding = false;
  for (const go of held) go();
  expect((await validating).passed).toBe(true);
  expect(web.accepted()).toBe(1 + PLACES.length);
});

describe('CAA is part of what each perspective finds', () => {
  const forbidding = ['0 issue "other.test"'];

  test('one that is shown another record set disagrees', async () => {
    const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
    const dns = await startDns(zoneAt(GOOD));
    const forbids = await startDns(zoneAt(GOOD, forbidding));
    const verdict = await validationFor({
      dns,
      httpPort: web.port,
      perspectives: [{ name: 'north', dnsServers: [forbids.server] }],
    }).validate(questionFor());
    expect(problemOf(verdict)?.code).toBe('caa');
    expect(problemOf(verdict)?.detail).toContain('1 of 1 remote perspective (north) did not corroborate');
    expect(remotesOf(verdict)[0]?.failure?.class).toBe('caa');
  });

  test('asked again before issuance, it is asked from all of them, and nothing is dialled', async () => {
    const dns = await startDns(zoneAt(GOOD));
    const forbids = await startDns(zoneAt(GOOD, forbidding));
    const made = (dnsOfSouth: TestDnsServer) =>
      validationFor({
        dns,
        httpPort: 9,
        perspectives: [
          { name: 'north', dnsServers: [forbids.server] },
          { name: 'south', dnsServers: [dnsOfSouth.server] },
        ],
      });
    const outvoted = await made(dns).checkCaa(questionFor());
    expect(outvoted).toMatchObject({ passed: true, record: { corroboration: { failed: 1, allowed: 1 } } });
    const refused = await made(forbids).checkCaa(questionFor());
    expect(refused).toMatchObject({ passed: false, record: { failure: { class: 'perspectives' } } });
    expect(remotesOf(refused).flatMap(({ steps }) => dialledIn(steps))).toEqual([]);
  });
});

test('a rehearsal goes on to the remote perspectives, where the absent proof is no disagreement', async () => {
  const web = await startWeb(GOOD, 0, 404);
  const dns = await startDns(zoneAt(GOOD));
  const nowhere = await startDns({});
  const made = (...servers: readonly TestDnsServer[]) =>
    validationFor({
      dns,
      httpPort: web.port,
      perspectives: servers.map(({ server }, index) => ({ name: `p${index}`, dnsServers: [server] })),
    });
  const rehearsal = { ...questionFor(), rehearsal: true };
  const agreed = await made(dns, nowhere).validate(rehearsal);
  expect(agreed.record).toMatchObject({
    failure: { class: 'status' },
    corroboration: { failed: 1, allowed: 1 },
  });
  const refused = await made(dns, nowhere, nowhere).validate(rehearsal);
  expect(refused.record.failure).toMatchObject({
    class: 'perspectives',
    disagreeing: [{ perspective: 'p1' }, { perspective: 'p2' }],
  });
});

test('a server that stops ends them all at once, and the validation has not passed', async () => {
  const stop = new AbortController();
  const web = await startWebServer(GOOD, 0, (_request, response) => {
    if (web.requests.length === 1) response.end(KEY_AUTHORIZATION);
    if (web.requests.length === 4) stop.abort();
  });
  clean.push(() => web.stop());
  const dns = await startDns(zoneAt(GOOD));
  const validation = validationFor({
    dns,
    httpPort: web.port,
    perspectives: [{ name: 'north' }, { name: 'south' }, { name: 'east' }],
  });
  const verdict = await validation.validate(questionFor(), stop.signal);
  expect(verdict.passed).toBe(false);
  expect(remotesOf(verdict).map(({ failure }) => failure?.class)).toEqual([
    'internal',
    'internal',
    'internal',
  ]);
  await web.drained();
});

test('closing closes every resolver: a look-up that is under way from a remote perspective ends', async () => {
  const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const dns = await startDns(zoneAt(GOOD));
  const silent = await startDnsServer(() => ({ delay: 'never' }));
  clean.push(() => silent.stop());
  const validation = validationFor({
    dns,
    httpPort: web.port,
    perspectives: [{ name: 'north', dnsServers: [silent.server] }],
  });
  const validating = validation.validate(questionFor());
  await silent.received(2);
  validation.close();
  const verdict = await validating;
  expect(remotesOf(verdict)[0]?.failure).toMatchObject({
    class: 'lookup',
    lookups: [{ outcome: 'timeout' }, { outcome: 'timeout' }],
  });
  expect(remotesOf(verdict)[0]?.durationMs).toBeLessThan(2000);
});

test('a world that stands in for the network does so for source addresses too', async () => {
  const asked: unknown[] = [];
  const refusing = { connect: async () => ({ outcome: 'refused', durationMs: 0 }) as const };
  const world = realWorld({
    networkFrom: (local) => {
      asked.push(local);
      return refusing;
    },
  });
  const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const config = parseConfiguration({
    validation: { httpPort: web.port, perspectives: [{ name: 'north', sourceIpv6: '2001:db8::9' }] },
  });
  const validation = createValidation(config, world);
  clean.push(() => validation.close());
  const verdict = await validation.validate(questionFor({ type: 'ip', value: GOOD }));
  expect(asked).toEqual([{ ipv6: '2001:db8::9' }]);
  expect(remotesOf(verdict)[0]?.failure).toMatchObject({ class: 'connect', kind: 'refused' });
});
