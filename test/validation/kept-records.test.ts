import { afterEach, expect, test } from 'vitest';
import { tellStory } from '../../src/explanation/story.ts';
import type { LookupStep } from '../../src/protocol/validation-record.ts';
import { KEPT_STEPS_BYTES, keptCorroboration, keptSteps } from '../../src/validation/kept-steps.ts';
import { CHALLENGE_PATH, KEY_AUTHORIZATION, validate } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startWebServer } from '../support/web-server.ts';

const HOST = '127.0.0.1';
const LONG = 'a'.repeat(1900);

const servers: SeenServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** Validates at a server that leads from one long path to the next; `end` answers the tenth. */
async function throughLongUrls(end: (url: string) => string) {
  const server = await startWebServer(HOST, 0, ({ url = '' }, response) => {
    const hop = url === CHALLENGE_PATH ? 0 : Number(url.at(-1));
    const next = hop === 9 ? end(url) : `/${LONG}${hop + 1}`;
    if (next === '') response.end(KEY_AUTHORIZATION);
    else response.writeHead(302, { location: next }).end();
  });
  servers.push(server);
  const { record } = await validate({ zone: { 'dual.test': { A: [HOST] } }, httpPort: server.port });
  return { record, requested: server.requests.map(({ url }) => url) };
}

test('long URLs are requested whole, and kept as 512 bytes', async () => {
  const { record, requested } = await throughLongUrls(() => '');
  expect(record.failure).toBeUndefined();
  expect(requested.slice(1)).toEqual(Array.from({ length: 9 }, (_, hop) => `/${LONG}${hop + 1}`));
  const text = JSON.stringify(record);
  expect(text).toContain('a...');
  expect(text).not.toContain('a'.repeat(513));
  expect(text.length).toBeLessThan(50_000);
});

test('a loop of long URLs is found by the whole of them, and its failure names 512 bytes', async () => {
  const { record } = await throughLongUrls((url) => url);
  expect(record.failure).toMatchObject({ class: 'redirect', refusal: 'loop' });
  expect(JSON.stringify(record)).not.toContain('a'.repeat(513));
});

const lookup = (index: number): LookupStep => ({
  step: 'lookup',
  name: `${index}.example.test`,
  type: 'CAA',
  source: { kind: 'server', server: '192.0.2.53' },
  outcome: 'answered',
  cnames: [],
  values: ['x'.repeat(1000)],
  tries: 1,
  durationMs: 1,
});
const MANY = Array.from({ length: 500 }, (_, index) => lookup(index));
const CAA = { step: 'caa', name: 'a', wildcard: false, records: [], decision: 'no-records' } as const;

test('of more steps than a record has room for the first and the last are kept, and the others are counted', () => {
  const kept = keptSteps([...MANY, CAA], KEPT_STEPS_BYTES);
  expect(JSON.stringify(kept).length).toBeLessThan(KEPT_STEPS_BYTES + 1000);
  expect(JSON.stringify(kept).length).toBeGreaterThan(KEPT_STEPS_BYTES - 5000);
  expect(kept[0]).toBe(MANY[0]);
  expect(kept.at(-1)).toBe(CAA);
  const omitted = kept.filter(({ step }) => step === 'omitted');
  expect(omitted).toEqual([{ step: 'omitted', count: 501 - (kept.length - 1) }]);
});

test('a story says how many steps are left out', () => {
  const steps = keptSteps(MANY, 5000);
  const story = tellStory({
    identifier: { type: 'dns', value: 'a.test' },
    challengeType: 'dns-01',
    addressPolicy: 'documented',
    startedAt: 0,
    durationMs: 1,
    steps,
  });
  expect(story.map(({ text }) => text)).toContain('Steps that the record had no room for: 496.');
});

test('steps that fit are kept as they are', () => {
  expect(keptSteps(MANY.slice(0, 50), KEPT_STEPS_BYTES)).toEqual(MANY.slice(0, 50));
});

test('twelve remote perspectives share the room of one primary', () => {
  const remotes = Array.from({ length: 12 }, (_, index) => {
    return { perspective: `place-${index}`, durationMs: 1, steps: MANY };
  });
  const { corroboration } = keptCorroboration({ corroboration: { remotes, failed: 0, allowed: 2 } });
  expect(corroboration.remotes).toHaveLength(12);
  expect(JSON.stringify(corroboration).length).toBeLessThan(KEPT_STEPS_BYTES + 12 * 200);
});
