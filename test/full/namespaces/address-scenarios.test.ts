import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainFailure } from '../../../src/explanation/failure-problem.ts';
import type { ValidationVerdict } from '../../../src/protocol/validation-question.ts';
import type { Outcome, Scenario } from './scenarios.ts';
import { SCENARIOS } from './scenarios.ts';
import type { TwoNamespaces } from './two-namespaces.ts';
import { createTwoNamespaces, jsonLines, WORLD } from './two-namespaces.ts';
import { recordWire } from './wire.ts';

const KEY_AUTHORIZATION = 'a-token-of-this-test.the-thumbprint';

let namespaces: TwoNamespaces;

beforeAll(() => {
  namespaces = createTwoNamespaces();
});

afterAll(() => namespaces.remove());

for (const scenario of SCENARIOS) {
  describe(`${scenario.id}: ${scenario.setup}`, () => {
    for (const [policy, outcome] of Object.entries(scenario.outcomes)) {
      test(`${scenario.id} / ${policy}: ${outcome.problem === undefined ? 'valid' : 'invalid'} after ${outcome.wire.join(', ')}`, async () => {
        const seen = await play(scenario, policy);
        expect(seen.wire).toEqual(outcome.wire);
        expect(
          seen.accepted.filter((place) => !outcome.wire.includes(place) && !place.endsWith(':8080')),
        ).toEqual([]);
        expectVerdict(seen.verdict, outcome);
        expect(recordedAttempts(seen.verdict)).toEqual(seen.wire);
      });
    }
  });
}

function expectVerdict({ passed, record }: ValidationVerdict, outcome: Outcome): void {
  expect(passed).toBe(outcome.problem === undefined);
  if (outcome.problem === undefined || record.failure === undefined) return;
  const problem = explainFailure(record.failure);
  expect(problem.code).toBe(outcome.problem.code);
  for (const words of outcome.problem.says) expect(problem.detail).toContain(words);
}

function recordedAttempts({ record }: ValidationVerdict): readonly string[] {
  return record.steps.flatMap((step) =>
    step.step === 'attempt'
      ? [step.family === 'ipv6' ? `[${step.address}]:${step.port}` : `${step.address}:${step.port}`]
      : [],
  );
}

/** Builds the scenario's world, has the validator look at it, and tells what the wire and the listeners saw. */
async function play(scenario: Scenario, policy: string) {
  namespaces.filter(scenario.packets ?? {});
  const world = namespaces.spawn('world', process.execPath, [program('world.mjs')]);
  const said = jsonLines(world);
  const zone = scenario.zone ?? { 'dual.example': { A: [WORLD.ipv4], AAAA: [WORLD.ipv6] } };
  const servers = scenario.servers.map((server) => ({ ...server, body: KEY_AUTHORIZATION }));
  const dns = { addresses: [WORLD.dnsIpv4, WORLD.dnsIpv6], port: 53, zone };
  world.stdin.write(`${JSON.stringify({ dns, servers })}\n`);
  await said.next();
  const wire = await recordWire(namespaces);
  const verdict = await validate({
    dns: { servers: [`[${WORLD.dnsIpv6}]:53`] },
    validation: {
      httpPort: 80,
      tlsPort: 443,
      addressPolicy: policy,
      connectTimeoutMs: scenario.connectTimeoutMs ?? 1000,
      responseTimeoutMs: 1000,
      allowReservedAddresses: scenario.allowReservedAddresses ?? true,
    },
  });
  world.stdin.end();
  const accepted: string[] = [];
  for await (const line of said) {
    const place = line.accepted as { readonly address: string; readonly port: number } | undefined;
    if (place === undefined) continue;
    accepted.push(
      place.address.includes(':') ? `[${place.address}]:${place.port}` : `${place.address}:${place.port}`,
    );
  }
  return { verdict, accepted, wire: await wire.stop() };
}

async function validate(settings: object): Promise<ValidationVerdict> {
  const child = namespaces.spawn('ca', process.execPath, [program('validate.mjs')]);
  child.stderr.pipe(process.stderr);
  const question = {
    challengeId: 1,
    identifier: { type: 'dns', value: 'dual.example' },
    challengeType: 'http-01',
    token: 'a-token-of-this-test',
    keyAuthorization: KEY_AUTHORIZATION,
  };
  const entry = new URL('../../../dist/index.js', import.meta.url).href;
  child.stdin.end(`${JSON.stringify({ package: entry, settings, question })}\n`);
  const verdict = await jsonLines(child).next();
  if (verdict.done) throw new Error('the validator ended without a verdict; its complaint is above');
  return verdict.value as unknown as ValidationVerdict;
}

function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
}
