import { expect, test } from 'vitest';
import type { PolicyRun } from '../../src/explanation/policy-comparison.ts';
import { connectionsOf, partingWords } from '../../src/explanation/policy-comparison.ts';
import type { AddressFamilyRule, AddressPolicy } from '../../src/protocol/address-family-rule.ts';
import type { AttemptStep, ValidationRecord, ValidationStep } from '../../src/protocol/validation-record.ts';

const V6 = '2001:db8::1';
const V4 = '192.0.2.1';

const dial = (address: string, outcome: AttemptStep['outcome'], hostname = 'a.test'): AttemptStep => ({
  step: 'attempt',
  hostname,
  address,
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  port: 80,
  outcome,
  durationMs: 1,
});

const answer = (status: number): ValidationStep => ({
  step: 'response',
  url: 'http://a.test/x',
  address: V4,
  hostHeader: 'a.test',
  status,
  headers: {},
  bodyBytes: 0,
  durationMs: 1,
});

const decision = (retried: boolean, rule: AddressFamilyRule): ValidationStep => ({
  step: 'retry',
  retried,
  rule,
  reason: 'x',
});

const plan = (...rules: readonly AddressFamilyRule[]): ValidationStep => ({
  step: 'plan',
  hostname: 'a.test',
  port: 80,
  addressesResolved: [],
  filtered: [],
  rules,
});

const run = (policy: AddressPolicy, verdict: string, ...steps: readonly ValidationStep[]): PolicyRun => ({
  policy,
  verdict,
  record: recordOf(steps),
});

function recordOf(steps: readonly ValidationStep[]): ValidationRecord {
  return {
    identifier: { type: 'dns', value: 'a.test' },
    challengeType: 'http-01',
    addressPolicy: 'documented',
    startedAt: 0,
    durationMs: 1,
    steps,
  };
}

const four = (verdict: string, ...steps: readonly ValidationStep[]): readonly PolicyRun[] =>
  (['documented', 'boulder', 'every-hop', 'never'] as const).map((policy) => run(policy, verdict, ...steps));

test('a connection is told with what came of it in the end, and with the rule that judged it', () => {
  const steps: readonly ValidationStep[] = [
    plan('prefer-ipv6'),
    dial(V6, 'timeout'),
    decision(true, 'retry-ipv4-on-connect-timeout'),
    dial(V4, 'connected'),
    answer(404),
  ];
  const common = { hostname: 'a.test', port: 80 };
  expect(connectionsOf(recordOf(steps))).toEqual([
    {
      ...common,
      address: V6,
      family: 'ipv6',
      outcome: 'timed out',
      rule: 'retry-ipv4-on-connect-timeout',
      retried: true,
    },
    { ...common, address: V4, family: 'ipv4', outcome: 'status 404' },
  ]);
});

test.each<[string, readonly PolicyRun[]]>([
  ['All four policies agree: no connection was made.', four('nxdomain')],
  [
    'All four policies agree: there was one address to connect to, and nothing to choose.',
    four('OK', plan(), dial(V4, 'connected'), answer(404)),
  ],
  [
    'All four policies agree: every connection stood, so that there was nothing to retry.',
    four('OK', plan('prefer-ipv6'), dial(V6, 'connected'), answer(404)),
  ],
  [
    'All four policies agree: none of them tries another address after this.',
    four('x', plan('prefer-ipv6'), dial(V6, 'refused'), decision(false, 'no-retry-on-other-errors')),
  ],
  [
    'They part after the first connection (IPv6: timed out): "documented", "boulder" and "every-hop" go on to 192.0.2.1:80 over IPv4; "never" stops.',
    [
      ...four('OK', dial(V6, 'timeout'), dial(V4, 'connected')).slice(0, 3),
      run('never', 'x', dial(V6, 'timeout')),
    ],
  ],
  [
    'They part after the second connection (IPv6: timed out): "documented" stops; "boulder" goes on to 192.0.2.1:80 over IPv4; "every-hop" goes on to 192.0.2.2:80 over IPv4.',
    [
      run('documented', 'x', dial(V6, 'connected'), answer(302), dial('2001:db8::2', 'timeout', 'b.test')),
      run(
        'boulder',
        'y',
        dial(V6, 'connected'),
        answer(302),
        dial('2001:db8::2', 'timeout', 'b.test'),
        dial(V4, 'connected'),
      ),
      run(
        'every-hop',
        'OK',
        dial(V6, 'connected'),
        answer(302),
        dial('2001:db8::2', 'timeout', 'b.test'),
        dial('192.0.2.2', 'connected', 'b.test'),
      ),
    ],
  ],
  [
    'They part after the first connection (IPv6: timed out): "documented" and "every-hop" go on to 192.0.2.1:80 over IPv4; "never" stops. Further on, they part after the third connection (IPv6: refused): "documented" stops; "every-hop" goes on to 192.0.2.2:80 over IPv4.',
    [
      run('documented', 'x', dial(V6, 'timeout'), dial(V4, 'connected'), dial('2001:db8::2', 'refused')),
      run(
        'every-hop',
        'OK',
        dial(V6, 'timeout'),
        dial(V4, 'connected'),
        dial('2001:db8::2', 'refused'),
        dial('192.0.2.2', 'connected'),
      ),
      run('never', 'x', dial(V6, 'timeout')),
    ],
  ],
  [
    'They part before the first connection: "documented" connects to 192.0.2.1:80 over IPv4; "never" stops.',
    [run('documented', 'OK', dial(V4, 'connected')), run('never', 'servfail')],
  ],
  [
    'They make the same connections and part in the verdict ("documented": OK; "boulder": caa-lookup).',
    [run('documented', 'OK', dial(V4, 'connected')), run('boulder', 'caa-lookup', dial(V4, 'connected'))],
  ],
  [
    'They part because the network is not steady, so that this proves nothing: connection 1 ended with "refused" under "documented", "timed out" under "boulder".',
    [
      run('documented', 'x', dial(V6, 'refused')),
      run('boulder', 'OK', dial(V6, 'timeout'), dial(V4, 'connected')),
    ],
  ],
])('%s', (words, runs) => {
  expect(partingWords(runs)).toBe(words);
});
