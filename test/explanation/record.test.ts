import { describe, expect, test } from 'vitest';
import { renderBoulderRecord } from '../../src/explanation/boulder-record.ts';
import { tellStory } from '../../src/explanation/story.ts';
import type { LookupStep, ValidationRecord } from '../../src/protocol/validation-record.ts';

const V6 = '2001:db8::1';
const V4 = '192.0.2.1';
const FIRST = 'http://a.test:5002/.well-known/acme-challenge/token';
const SECOND = 'https://a.test:5001/x';

const lookup = (type: 'A' | 'AAAA', value: string): LookupStep => ({
  step: 'lookup',
  name: 'a.test',
  type,
  source: { kind: 'server', server: '[2001:db8::53]:53' },
  outcome: 'answered',
  rcode: 'NOERROR',
  cnames: ['b.test'],
  values: [value],
  ttlSeconds: 300,
  tries: 1,
  durationMs: 3.2,
});

/** The documentation's worked example: IPv6 drops everything, and IPv4 redirects to https on the same name. */
const WORKED_EXAMPLE: ValidationRecord = {
  identifier: { type: 'dns', value: 'a.test' },
  challengeType: 'http-01',
  addressPolicy: 'documented',
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationMs: 20_050,
  steps: [
    lookup('A', V4),
    lookup('AAAA', V6),
    {
      step: 'plan',
      url: FIRST,
      hostname: 'a.test',
      port: 5002,
      addressesResolved: [V6, V4],
      filtered: [],
      first: { address: V6, family: 'ipv6' },
      spare: { address: V4, family: 'ipv4' },
      rules: ['prefer-ipv6', 'retry-ipv4-on-connect-timeout'],
    },
    {
      step: 'attempt',
      url: FIRST,
      hostname: 'a.test',
      address: V6,
      family: 'ipv6',
      port: 5002,
      outcome: 'timeout',
      durationMs: 10_000,
    },
    {
      step: 'retry',
      retried: true,
      address: V4,
      rule: 'retry-ipv4-on-connect-timeout',
      reason: 'the first request timed out, so it is made once more over IPv4',
    },
    {
      step: 'attempt',
      url: FIRST,
      hostname: 'a.test',
      address: V4,
      family: 'ipv4',
      port: 5002,
      outcome: 'connected',
      durationMs: 20,
    },
    {
      step: 'response',
      url: FIRST,
      address: V4,
      hostHeader: 'a.test:5002',
      status: 301,
      headers: { location: 'https://a.test/x', server: 'nginx' },
      bodyBytes: 0,
      durationMs: 5,
    },
    { step: 'redirect', from: FIRST, location: 'https://a.test/x', to: SECOND, hop: 1, followed: true },
    {
      step: 'plan',
      url: SECOND,
      hostname: 'a.test',
      port: 5001,
      addressesResolved: [V6, V4],
      filtered: [],
      first: { address: V6, family: 'ipv6' },
      rules: ['redirect-prefers-ipv6', 'redirect-no-retry'],
    },
    {
      step: 'attempt',
      url: SECOND,
      hostname: 'a.test',
      address: V6,
      family: 'ipv6',
      port: 5001,
      outcome: 'timeout',
      durationMs: 10_000,
    },
    {
      step: 'retry',
      retried: false,
      rule: 'redirect-no-retry',
      reason: "a redirect target's IPv4 address is not tried",
    },
  ],
  failure: {
    class: 'connect',
    url: SECOND,
    address: V6,
    family: 'ipv6',
    port: 5001,
    kind: 'timeout',
    budgetMs: 10_000,
    rule: 'redirect-no-retry',
    reason: "a redirect target's IPv4 address is not tried",
  },
};

const DNS: ValidationRecord = {
  identifier: { type: 'dns', value: 'a.test' },
  challengeType: 'dns-01',
  addressPolicy: 'documented',
  startedAt: 0,
  durationMs: 4,
  steps: [
    { step: 'compare', where: '_acme-challenge.a.test', expected: 'x', received: ['x'], matched: true },
  ],
};

describe('the record in the shape of Let’s Encrypt', () => {
  test('has an entry for each connection attempt, so that a retry shows as a further one', () => {
    const addressesResolved = [V6, V4];
    expect(renderBoulderRecord(WORKED_EXAMPLE)).toEqual([
      { url: FIRST, hostname: 'a.test', port: '5002', addressesResolved, addressUsed: V6 },
      { url: FIRST, hostname: 'a.test', port: '5002', addressesResolved, addressUsed: V4 },
      { url: SECOND, hostname: 'a.test', port: '5001', addressesResolved, addressUsed: V6 },
    ]);
  });

  test('has one entry for dns-01 that passed, and none for one that failed', () => {
    expect(renderBoulderRecord(DNS)).toEqual([{ hostname: 'a.test', addressUsed: '' }]);
    const failed: ValidationRecord = { ...DNS, failure: { class: 'no-txt', name: '_acme-challenge.a.test' } };
    expect(renderBoulderRecord(failed)).toEqual([]);
  });
});

describe('the story of a validation', () => {
  const story = tellStory(WORKED_EXAMPLE);
  const textOf = (role: string) => story.filter((line) => line.role === role).map(({ text }) => text);

  test('begins with what was validated, when, and under which policy', () => {
    expect(story[0]).toEqual({
      role: 'heading',
      text: 'http-01 for a.test, 2026-01-02T03:04:05.000Z, address policy "documented"',
    });
  });

  test('names no policy where none decided', () => {
    const interrupted = { ...WORKED_EXAMPLE, steps: [] };
    for (const record of [DNS, interrupted])
      expect(tellStory(record)[0]?.text).not.toContain('address policy');
  });

  test('tells what was looked up and where, which address came first, and what happened', () => {
    expect(textOf('step')).toEqual([
      `Looked up a.test at [2001:db8::53]:53: A ${V4}; AAAA ${V6} (by way of b.test; TTL 300 s; 3 ms).`,
      `Of 2 addresses ${V6} (IPv6) goes first, and ${V4} (IPv4) is kept for a retry, to fetch ${FIRST}.`,
      `Dialled [${V6}]:5002 over IPv6: timed out while connecting after 10 s.`,
      `Dialled ${V4}:5002 over IPv4: connected after 20 ms.`,
      `Asked for it: status 301, from a server that calls itself "nginx", in 5 ms: redirect 1, to ${SECOND}.`,
      `Of 2 addresses ${V6} (IPv6) goes first, and no other is kept for a retry, to fetch it.`,
      `Dialled [${V6}]:5001 over IPv6: timed out while connecting after 10 s.`,
    ]);
  });

  test('says how long a dial waited for its turn', () => {
    const steps = WORKED_EXAMPLE.steps.map((step) =>
      step.step === 'attempt' && step.outcome === 'connected' ? { ...step, waitedMs: 12_000 } : step,
    );
    expect(tellStory({ ...WORKED_EXAMPLE, steps }).map(({ text }) => text)).toContain(
      `Dialled ${V4}:5002 over IPv4, when its turn came after 12 s: connected after 20 ms.`,
    );
  });

  test('gives every decision its rule', () => {
    expect(textOf('rule')).toEqual([
      'By the rules prefer-ipv6 and retry-ipv4-on-connect-timeout.',
      expect.stringMatching(/ \[rule retry-ipv4-on-connect-timeout\]$/),
      'By the rules redirect-prefers-ipv6 and redirect-no-retry.',
      expect.stringMatching(/ \[rule redirect-no-retry\]$/),
    ]);
  });

  test('shows what was expected and what came once, one under the other', () => {
    const failure = {
      class: 'wrong-content',
      url: FIRST,
      address: V6,
      expected: 'a.b',
      received: 'c',
    } as const;
    const told = tellStory({
      ...WORKED_EXAMPLE,
      steps: [{ step: 'compare', where: FIRST, expected: 'a.b', received: ['c'], matched: false }],
      failure,
    });
    expect(told.slice(1).map(({ role, text }) => `${role}: ${text}`)).toEqual([
      `step: Compared what is at ${FIRST} with what was expected: it does not match.`,
      'step:   want "a.b"',
      'step:   got  "c"',
      `failed: Failed after 20.1 s: unauthorized (wrong-content): not the expected text from ${V6}.`,
      expect.stringContaining('hint: Serve exactly the expected text'),
      'more: docs/diagnosis.md#wrong-content',
    ]);
  });

  test('says the cause and the rule where they decided, and not again at the end', () => {
    const telling = story.filter(({ text }) => text.includes("redirect target's IPv4 address is not tried"));
    expect(telling).toEqual([
      { role: 'rule', text: "A redirect target's IPv4 address is not tried. [rule redirect-no-retry]" },
    ]);
    expect(story.at(-3)?.text).not.toContain('rule');
  });

  test('ends with the error, its class, what to change and where to read on, or with having passed', () => {
    expect(story.at(-3)?.text).toBe(
      `Failed after 20.1 s: connection (redirect-ipv6-timeout): connecting timed out at [${V6}]:5001.`,
    );
    expect(story.at(-2)?.role).toBe('hint');
    expect(story.at(-1)).toEqual({ role: 'more', text: 'docs/diagnosis.md#redirect-ipv6-timeout' });
    expect(tellStory(DNS).at(-1)).toEqual({ role: 'passed', text: 'Passed in 4 ms.' });
  });
});
