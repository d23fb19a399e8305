import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { createValidation } from '../../src/application/validation.ts';
import { realWorld } from '../../src/application/world.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import { tellStory } from '../../src/explanation/story.ts';
import type { ValidationVerdict } from '../../src/protocol/validation-question.ts';
import type { Network } from '../../src/runtime/network.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import type { TestDnsServer } from '../support/dns-server.ts';
import { startDnsServer } from '../support/dns-server.ts';
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
import { watchWarnings } from '../support/seen-warnings.ts';
import { KEY_AUTHORIZATION, questionFor } from '../support/validation-lab.ts';
import { startWebServer } from '../support/web-server.ts';

const PLACES = ['north', 'south', 'east', 'west', 'inner', 'outer'] as const;

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

test('as many perspectives as there may be listen to the stop of the server, without a warning', async () => {
  const warnings = watchWarnings();
  const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const dns = await startDns(zoneAt(GOOD));
  const perspectives = Array.from({ length: 12 }, (_, index) => ({ name: `place-${index}` }));
  const validation = validationFor({ dns, httpPort: web.port, perspectives });
  const verdicts: ValidationVerdict[] = [];
  const queue = createTaskQueue({
    limits: { atOnce: 1, atOncePerOwner: 1, unfinished: 1, unfinishedPerOwner: 1 },
    timer: systemTimer,
    onError: (error) => {
      throw error;
    },
  });
  queue.run(1, async (signal) => void verdicts.push(await validation.validate(questionFor(), signal)));
  await queue.idle();
  expect(verdicts.map(({ passed }) => passed)).toEqual([true]);
  expect(await warnings()).toEqual([]);
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
  onTestFinished(() => web.stop());
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
  onTestFinished(() => validation.close());
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
  onTestFinished(() => web.stop());
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
  onTestFinished(() => silent.stop());
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
  onTestFinished(() => validation.close());
  const verdict = await validation.validate(questionFor({ type: 'ip', value: GOOD }));
  expect(asked).toEqual([{ ipv6: '2001:db8::9' }]);
  expect(remotesOf(verdict)[0]?.failure).toMatchObject({ class: 'connect', kind: 'refused' });
});

test('a source address that this host lacks is named with its key, also where DNS is asked first', async () => {
  const dns = await startDns(zoneAt(GOOD));
  const web = await startWeb(GOOD, 0, KEY_AUTHORIZATION);
  const perspectives = [{ name: 'west', sourceIpv4: '192.0.2.9' }];
  const { record } = await validationFor({ dns, httpPort: web.port, perspectives }).validate(questionFor());
  const { failure } = record;
  expect(failure && explainFailure(failure)).toEqual({
    code: 'serverInternal',
    detail: `During secondary validation: 1 of 1 remote perspective (west) did not corroborate, and none may. From west: DNS problem: networking error looking up A for dual.test at ${dns.server}: this CA's own host cannot send from 192.0.2.9 (EADDRNOTAVAIL); DNS problem: networking error looking up AAAA for dual.test at ${dns.server}. This CA's own host does not have 192.0.2.9, which the perspective is to dial from: set sourceIpv4 in validation.perspectives to one that it has.`,
  });
  const story = tellStory(record).map(({ text }) => text);
  expect(story).toContain(
    '  west (from 192.0.2.9): serverInternal: this host does not have the address to dial from.',
  );
});
