import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainFailure } from '../../../src/explanation/failure-problem.ts';
import { tellStory } from '../../../src/explanation/story.ts';
import type { ValidationVerdict } from '../../../src/protocol/validation-question.ts';
import type { ValidationStep } from '../../../src/protocol/validation-record.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { transpileProgram } from '../../support/transpiled-program.ts';
import type { HijackedNetwork } from './hijacked-network.ts';
import { ASTRAY_SOURCES, createHijackedNetwork, TRUE_SOURCES } from './hijacked-network.ts';
import type { Child } from './two-namespaces.ts';
import { jsonLines, WORLD } from './two-namespaces.ts';

const KEY_AUTHORIZATION = 'a-token-of-this-test.the-thumbprint';
/** RFC 8555 section 8.4. */
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');

let network: HijackedNetwork;
let sound: string;
let broken: string;

beforeAll(() => {
  network = createHijackedNetwork();
  sound = transpileProgram('src/index.ts', temporaryFolder(afterAll));
  broken = brokenCopy();
});

afterAll(() => network.remove());

/** The program, in which one more may differ than the Baseline Requirements allow. */
function brokenCopy(): string {
  const folder = temporaryFolder(afterAll);
  const entry = transpileProgram('src/index.ts', folder);
  const file = join(folder, 'src/policy/quorum.js');
  const text = readFileSync(file, 'utf8');
  const flipped = text.replace('failed <= allowed', 'failed <= allowed + 1');
  expect(flipped).not.toBe(text);
  writeFileSync(file, flipped);
  return entry;
}

const NAMES = ['north', 'south', 'east'] as const;

/** A remote perspective for each letter: `t` sees the true world, `a` is led astray. */
function perspectivesOf(letters: string) {
  return [...letters].map((letter, index) => ({
    name: NAMES[index],
    ...(letter === 'a' ? ASTRAY_SOURCES : TRUE_SOURCES)[index],
  }));
}

type Family = 'ipv4' | 'ipv6';
const ZONES = { ipv4: { A: [WORLD.ipv4] }, ipv6: { AAAA: [WORLD.ipv6] } } as const;
const DIRECT = { ipv4: '9.77.0.1', ipv6: '2a0f:77::1' } as const;
const sourceOf = (letters: string, index: number, family: Family): string | undefined =>
  perspectivesOf(letters)[index]?.[family === 'ipv4' ? 'sourceIpv4' : 'sourceIpv6'];

interface Seen {
  readonly verdict: ValidationVerdict;
  /** The source addresses of the connections that reached the world's web server, and the hijacker's. */
  readonly world: readonly string[];
  readonly hijacker: readonly string[];
}

/** Validates while the world has the proof, and the hijacker, at the same addresses, has none. */
async function validateUnderHijack(
  letters: string,
  family: Family,
  program = sound,
  challengeType: 'http-01' | 'dns-01' = 'http-01',
): Promise<Seen> {
  const address = WORLD[family];
  const places = await Promise.all([
    startPlace('world', { zone: ZONES[family], txt: DIGEST, address, behaviour: 'serve' }),
    startPlace('hijacker', { zone: ZONES[family], txt: 'something else', address, behaviour: '404' }),
  ]);
  const verdict = await validate(program, challengeType, {
    dns: { servers: [`${family === 'ipv4' ? WORLD.dnsIpv4 : `[${WORLD.dnsIpv6}]`}:53`] },
    validation: { httpPort: 80, tlsPort: 443, perspectives: perspectivesOf(letters) },
  });
  const [world, hijacker] = await Promise.all(places.map((place) => place.end()));
  return { verdict, world: world ?? [], hijacker: hijacker ?? [] };
}

interface Place {
  readonly zone: object;
  readonly txt: string;
  readonly address: string;
  readonly behaviour: 'serve' | '404';
}

/** Starts DNS and a web server on a side; `end` tells who connected to the web server. */
async function startPlace(side: 'world' | 'hijacker', { zone, txt, address, behaviour }: Place) {
  const child = network.spawn(side, process.execPath, [programFile('world.mjs')]);
  child.stderr.pipe(process.stderr);
  const said = jsonLines(child);
  const server = { address, port: 80, behaviour, body: KEY_AUTHORIZATION };
  const table = { 'dual.example': zone, '_acme-challenge.dual.example': { TXT: [txt] } };
  const dns = { addresses: [WORLD.dnsIpv4, WORLD.dnsIpv6], port: 53, zone: table };
  child.stdin.write(`${JSON.stringify({ dns, servers: [server] })}\n`);
  expect((await said.next()).value).toEqual({ ready: true });
  return { end: () => sourcesSeen(child, said) };
}

async function sourcesSeen(child: Child, said: ReturnType<typeof jsonLines>): Promise<readonly string[]> {
  const exited = once(child, 'exit');
  child.stdin.end();
  const sources: string[] = [];
  for await (const { accepted } of said)
    if (typeof accepted === 'object' && accepted !== null && 'from' in accepted)
      sources.push(String(accepted.from));
  await exited;
  return sources.sort();
}

async function validate(
  program: string,
  challengeType: string,
  settings: object,
): Promise<ValidationVerdict> {
  const child = network.spawn('ca', process.execPath, [programFile('validate.mjs')]);
  child.stderr.pipe(process.stderr);
  const question = {
    challengeId: 1,
    identifier: { type: 'dns', value: 'dual.example' },
    wildcard: false,
    challengeType,
    token: 'a-token-of-this-test',
    keyAuthorization: KEY_AUTHORIZATION,
  };
  child.stdin.end(`${JSON.stringify({ package: pathToFileURL(program).href, settings, question })}\n`);
  const verdict = await jsonLines(child).next();
  if (verdict.done) throw new Error('the validator ended without a verdict; its complaint is above');
  return verdict.value as unknown as ValidationVerdict;
}

function programFile(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
}

const dialledIn = (steps: readonly ValidationStep[]): readonly string[] =>
  steps.flatMap((step) => (step.step === 'attempt' ? [step.address] : []));

describe.each(['ipv4', 'ipv6'] as const)('over %s', (family) => {
  test('three that see the true server corroborate', async () => {
    const { verdict, world, hijacker } = await validateUnderHijack('ttt', family);
    expect(verdict.passed).toBe(true);
    expect(verdict.record.corroboration).toMatchObject({ failed: 0, allowed: 1 });
    const sources = [DIRECT[family], ...[0, 1, 2].map((index) => sourceOf('ttt', index, family))];
    expect(world).toEqual(sources.sort());
    expect(hijacker).toEqual([]);
  });

  test('one of three is shown another server at the same address: it is outvoted, and the record shows it', async () => {
    const { verdict, world, hijacker } = await validateUnderHijack('tat', family);
    expect(verdict.passed).toBe(true);
    expect(verdict.record.failure).toBeUndefined();
    expect(verdict.record.corroboration).toMatchObject({ failed: 1, allowed: 1 });
    const south = verdict.record.corroboration?.remotes[1];
    expect(south).toMatchObject({
      perspective: 'south',
      localAddresses: [ASTRAY_SOURCES[1]?.sourceIpv4, ASTRAY_SOURCES[1]?.sourceIpv6],
      failure: { class: 'status', status: 404, address: WORLD[family] },
    });
    expect(dialledIn(south?.steps ?? [])).toEqual([WORLD[family]]);
    expect(hijacker).toEqual([sourceOf('tat', 1, family)]);
    expect(world).toHaveLength(3);
    const story = tellStory(verdict.record).map(({ text }) => text);
    expect(story).toContain('2 of 3 remote perspectives corroborated, 1 did not, and at most 1 may.');
    expect(story.find((line) => line.startsWith('  south'))).toContain('status 404');
    expect(story.at(-1)).toMatch(/^Passed in/);
  });

  test.each([
    ['taa', '2 of 3 remote perspectives (south, east) did not corroborate, and at most 1 may. From south: '],
    ['a', '1 of 1 remote perspective (north) did not corroborate, and none may. From north: '],
  ])(
    '%s is refused, with the arithmetic; with the allowed number broken it passes',
    async (letters, words) => {
      const { verdict, hijacker } = await validateUnderHijack(letters, family);
      expect(verdict.passed).toBe(false);
      const { failure } = verdict.record;
      const problem = failure && explainFailure(failure);
      expect(problem?.code).toBe('unauthorized');
      expect(problem?.detail).toContain(
        `During secondary validation: ${words}${WORLD[family]}: Invalid response`,
      );
      expect(hijacker).toHaveLength(letters.replaceAll('t', '').length);
      const flipped = await validateUnderHijack(letters, family, broken);
      expect(flipped.verdict.passed).toBe(true);
    },
  );

  test('questions to DNS come from the source address too: a TXT record of the hijacker is outvoted, or refused', async () => {
    const outvoted = await validateUnderHijack('att', family, sound, 'dns-01');
    expect(outvoted.verdict.passed).toBe(true);
    expect(outvoted.verdict.record.corroboration?.remotes[0]?.failure).toMatchObject({
      class: 'wrong-txt',
      received: ['something else'],
    });
    const refused = await validateUnderHijack('ata', family, sound, 'dns-01');
    expect(refused.verdict.record.failure).toMatchObject({
      class: 'perspectives',
      disagreeing: [{ perspective: 'north' }, { perspective: 'east' }],
    });
  });
});
