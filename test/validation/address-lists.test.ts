import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeFailure, explainFailure } from '../../src/explanation/failure-problem.ts';
import { tellStep } from '../../src/explanation/step-words.ts';
import { failureClassOf } from '../../src/protocol/failure-class.ts';
import type { SeenValidation, ValidationSettings } from '../support/validation-lab.ts';
import { hasIpv6Loopback, KEY_AUTHORIZATION, questionFor, validate } from '../support/validation-lab.ts';
import { startWebServer } from '../support/web-server.ts';

const V4 = '127.0.0.1';
const OTHER_V4 = '127.0.0.2';
const ipv6 = await hasIpv6Loopback();

/** Servers at two addresses of one port, which answer alike, and say who was asked. */
async function startHosts(answer: (response: ServerResponse, port: number) => void = serve) {
  const asked: string[] = [];
  let port = 0;
  for (const address of [V4, OTHER_V4]) {
    const server = await startWebServer(address, port, (_request, response) => {
      asked.push(address);
      answer(response, port);
    });
    onTestFinished(() => server.stop());
    port = server.port;
  }
  return { port, asked };
}

function serve(response: ServerResponse): void {
  response.end(KEY_AUTHORIZATION);
}

function planOf({ record }: SeenValidation) {
  const plan = record.steps.find((step) => step.step === 'plan');
  if (plan?.step !== 'plan') throw new Error('nothing was planned');
  return { ...plan, told: tellStep(plan).join('\n') };
}

function problemOf({ record: { failure } }: SeenValidation) {
  if (failure === undefined) throw new Error('it passed');
  return {
    ...explainFailure(failure),
    failureClass: failureClassOf(failure),
    words: describeFailure(failure),
  };
}

async function validateBoth(settings: ValidationSettings) {
  const hosts = await startHosts();
  const zone = { 'dual.test': { A: [V4, OTHER_V4] } };
  return { ...hosts, verdict: await validate({ zone, httpPort: hosts.port, ...settings }) };
}

describe('resolved addresses', () => {
  test('a denied one counts as if it were not there, and the plan names the prefix', async () => {
    const { verdict, asked } = await validateBoth({ denyAddresses: ['127.0.0.1/32'] });
    expect([verdict.passed, asked]).toEqual([true, [OTHER_V4]]);
    const plan = planOf(verdict);
    expect(plan.filtered).toEqual([{ address: V4, because: 'denied', detail: '127.0.0.1/32' }]);
    expect(plan.told).toContain('Left out 127.0.0.1: validation.denyAddresses has 127.0.0.1/32.');
  });

  test('where all are denied nothing is dialled, and the problem names the prefix and the way out', async () => {
    const { verdict } = await validateBoth({ denyAddresses: ['127.0.0.0/8'] });
    expect(verdict.dialled).toEqual([]);
    const { code, detail, failureClass } = problemOf(verdict);
    expect([code, failureClass]).toEqual(['dns', 'address-not-allowed']);
    expect(detail).toContain('127.0.0.1 is not used (denied: validation.denyAddresses has 127.0.0.0/8)');
    expect(detail).toMatch(
      /Give the name an address that this CA does not deny, or .*validation\.allowAddresses\.$/,
    );
  });

  test('an exception lets one in that is reserved, and the plan names the prefix', async () => {
    const { verdict, asked } = await validateBoth({
      allowReservedAddresses: false,
      allowAddresses: ['127.0.0.2'],
    });
    expect([verdict.passed, asked]).toEqual([true, [OTHER_V4]]);
    const plan = planOf(verdict);
    expect(plan.filtered).toMatchObject([{ address: V4, because: 'reserved' }]);
    expect(plan.admitted).toEqual([{ address: OTHER_V4, prefix: '127.0.0.2' }]);
    expect(plan.told).toContain('Kept 127.0.0.2: validation.allowAddresses has 127.0.0.2.');
  });

  test('an exception from what is denied', async () => {
    const { verdict, asked } = await validateBoth({
      denyAddresses: ['127.0.0.0/8'],
      allowAddresses: ['127.0.0.2/31'],
    });
    expect([verdict.passed, asked]).toEqual([true, [OTHER_V4]]);
    expect(planOf(verdict)).toMatchObject({
      filtered: [{ address: V4, because: 'denied', detail: '127.0.0.0/8' }],
      admitted: [{ address: OTHER_V4, prefix: '127.0.0.2/31' }],
    });
  });

  test('without lists nothing is said of them', async () => {
    const { verdict } = await validateBoth({});
    expect(planOf(verdict)).not.toHaveProperty('admitted');
  });

  test.skipIf(!ipv6)('a denied IPv6 address leaves IPv4, which is then the first', async () => {
    const hosts = await startHosts();
    const zone = { 'dual.test': { A: [V4], AAAA: ['::1'] } };
    const verdict = await validate({ zone, httpPort: hosts.port, denyAddresses: ['::/0'] });
    expect(verdict.dialled).toEqual([`${V4} ${hosts.port}`]);
    expect(verdict.passed).toBe(true);
  });

  test('tls-alpn-01 looks at the same lists', async () => {
    const zone = { 'dual.test': { A: [V4] } };
    const question = { challengeType: 'tls-alpn-01' } as const;
    const verdict = await validate({ zone, question, denyAddresses: [V4] });
    expect(verdict.dialled).toEqual([]);
    expect(problemOf(verdict).words).toContain('validation.denyAddresses has 127.0.0.1');
  });
});

describe('an IP identifier', () => {
  test('that is denied is not dialled', async () => {
    const hosts = await startHosts();
    const question = questionFor({ type: 'ip', value: V4 });
    const verdict = await validate({ httpPort: hosts.port, question, denyAddresses: ['127.0.0.1'] });
    expect([verdict.dialled, hosts.asked]).toEqual([[], []]);
    expect(problemOf(verdict).detail).toContain('Take the prefix out of validation.denyAddresses');
  });

  test('may redirect to a name, which is looked up and judged anew', async () => {
    const hosts = await startHosts((response, port) => {
      const { host } = response.req.headers;
      if (host?.startsWith('dual.test')) response.end(KEY_AUTHORIZATION);
      else response.writeHead(302, { location: `http://dual.test:${port}/elsewhere` }).end();
    });
    const question = questionFor({ type: 'ip', value: V4 });
    const zone = { 'dual.test': { A: [OTHER_V4] } };
    const settings = { zone, question, httpPort: hosts.port };
    const followed = await validate(settings);
    expect([followed.passed, hosts.asked]).toEqual([true, [V4, OTHER_V4]]);
    const refused = await validate({ ...settings, denyAddresses: [OTHER_V4] });
    expect(refused.dialled).toEqual([`${V4} ${hosts.port}`]);
    expect(problemOf(refused).words).toMatch(/^127\.0\.0\.1: Fetching http:\/\/dual\.test.*denied/);
  });
});

describe('the literal address of a redirect', () => {
  async function redirectTo(address: string, settings: ValidationSettings) {
    const hosts = await startHosts((response, port) => {
      if (response.req.headers.host?.startsWith('dual.test'))
        response.writeHead(302, { location: `http://${address}:${port}/there` }).end();
      else response.end(KEY_AUTHORIZATION);
    });
    const zone = { 'dual.test': { A: [V4] } };
    return { hosts, verdict: await validate({ zone, httpPort: hosts.port, ...settings }) };
  }

  test('is followed under boulder alone', async () => {
    const followed = await redirectTo(OTHER_V4, { addressPolicy: 'boulder' });
    expect([followed.verdict.passed, followed.hosts.asked]).toEqual([true, [V4, OTHER_V4]]);
    const { verdict } = await redirectTo(OTHER_V4, { addressPolicy: 'documented' });
    expect(problemOf(verdict).words).toContain('redirects to IP addresses are not followed');
  });

  test('is refused where it is denied, and the problem names the prefix', async () => {
    const settings: ValidationSettings = { addressPolicy: 'boulder', denyAddresses: ['127.0.0.2/32'] };
    const { verdict, hosts } = await redirectTo(OTHER_V4, settings);
    expect(hosts.asked).toEqual([V4]);
    const { detail, failureClass } = problemOf(verdict);
    expect(failureClass).toBe('redirect-refused');
    expect(detail).toContain(
      'this CA denies the IP address: 127.0.0.2 is in 127.0.0.2/32 (validation.denyAddresses)',
    );
    expect(detail).toContain('let this one in with validation.allowAddresses');
  });

  test('that is reserved is followed where an exception lets it in', async () => {
    const strict: ValidationSettings = {
      addressPolicy: 'boulder',
      allowReservedAddresses: false,
      allowAddresses: [V4],
    };
    const { verdict: refused } = await redirectTo(OTHER_V4, strict);
    expect(problemOf(refused).words).toContain('reserved address block: 127.0.0.2 is in Loopback');
    const { verdict } = await redirectTo(OTHER_V4, { ...strict, allowAddresses: ['127.0.0.0/30'] });
    expect(verdict.passed).toBe(true);
  });
});
