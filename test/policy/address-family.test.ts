import { describe, expect, test } from 'vitest';
import type {
  AddressPlan,
  ConnectingChallengeType,
  PlannedAddress,
} from '../../src/policy/address-family.ts';
import { planAddresses } from '../../src/policy/address-family.ts';
import type { AttemptFailure, RetrySituation } from '../../src/policy/retry.ts';
import { decideRetry } from '../../src/policy/retry.ts';
import type { AddressFamilyRule, AddressPolicy } from '../../src/protocol/address-family-rule.ts';
import { ADDRESS_POLICIES } from '../../src/protocol/address-family-rule.ts';
import type { DialFailureKind } from '../../src/protocol/dial.ts';

const V6 = '2001:db8::1';
const V4 = '192.0.2.1';
const DUAL = { ipv6: [V6, '2001:db8::2'], ipv4: [V4, '192.0.2.2'] };
const OTHER_V4 = '192.0.2.99';

const timeout: AttemptFailure = { phase: 'dial', kind: 'timeout' };
const refused: AttemptFailure = { phase: 'dial', kind: 'refused' };

interface Case {
  readonly policy: AddressPolicy;
  readonly failure: AttemptFailure;
  readonly hop?: number;
  readonly challengeType?: ConnectingChallengeType;
  /** Of the failed request's host. */
  readonly addresses?: typeof DUAL | { readonly ipv6: readonly string[]; readonly ipv4: readonly string[] };
  readonly originalAddresses?: Case['addresses'];
  readonly failedFamily?: 'ipv6' | 'ipv4';
  readonly originalRetried?: boolean;
}

/** `retries ADDRESS for REQUEST [RULE]`, `fails [RULE]`, or `nothing to decide`. */
function decision(given: Case): string {
  const { policy, hop = 0, challengeType = 'http-01', addresses = DUAL } = given;
  const plan = planAddresses(addresses, { hop, challengeType }, policy);
  const original =
    hop === 0 ? plan : planAddresses(given.originalAddresses ?? DUAL, { hop: 0, challengeType }, policy);
  const situation: RetrySituation = {
    hop,
    challengeType,
    plan,
    failed: failedAddress(plan, given.failedFamily),
    original,
    originalRetried: given.originalRetried ?? false,
  };
  const decided = decideRetry(given.failure, situation, policy);
  if (decided === undefined) return 'nothing to decide';
  const rule = `[${decided.rule}]`;
  return decided.retry
    ? `retries ${decided.address.address} for the ${decided.request} request ${rule}`
    : `fails ${rule}`;
}

function failedAddress(plan: AddressPlan, family: 'ipv6' | 'ipv4' | undefined): PlannedAddress {
  const failed = family === 'ipv4' ? (plan.otherFamily ?? plan.first) : plan.first;
  if (failed === undefined) throw new Error('the case has no address that could fail');
  return failed;
}

type Expected = Readonly<Record<AddressPolicy, string>>;

const all = (outcome: string): Expected => ({
  documented: outcome,
  boulder: outcome,
  'every-hop': outcome,
  never: outcome,
});

const planOf = (hop: number) => (policy: AddressPolicy) => {
  const plan = planAddresses(DUAL, { hop, challengeType: 'http-01' }, policy);
  return `${plan.first?.address} first [${plan.rules[0]}]`;
};

/** Every decision rule under every policy: one row each. */
const TABLE: readonly {
  readonly rule: AddressFamilyRule;
  readonly because: string;
  readonly outcome: (policy: AddressPolicy) => string;
  readonly expected: Expected;
}[] = [
  {
    rule: 'prefer-ipv6',
    because: 'a name with both families is dialled over IPv6 first',
    outcome: planOf(0),
    expected: all(`${V6} first [prefer-ipv6]`),
  },
  {
    rule: 'retry-ipv4-on-connect-timeout',
    because: 'the first request timed out while connecting over IPv6',
    outcome: (policy) => decision({ policy, failure: timeout }),
    expected: {
      ...all(`retries ${V4} for the failed request [retry-ipv4-on-connect-timeout]`),
      never: 'fails [retry-ipv4-on-connect-timeout]',
    },
  },
  {
    rule: 'no-retry-on-other-errors',
    because: 'the first connection was refused over IPv6',
    outcome: (policy) => decision({ policy, failure: refused }),
    expected: {
      documented: 'fails [no-retry-on-other-errors]',
      boulder: `retries ${V4} for the failed request [no-retry-on-other-errors]`,
      'every-hop': `retries ${V4} for the failed request [no-retry-on-other-errors]`,
      never: 'fails [no-retry-on-other-errors]',
    },
  },
  {
    rule: 'first-request-only',
    because:
      'a redirect target with IPv6 alone timed out; the first host has an IPv4 address that was not used',
    outcome: (policy) => decision({ policy, failure: timeout, hop: 1, addresses: { ipv6: [V6], ipv4: [] } }),
    expected: {
      documented: 'fails [first-request-only]',
      boulder: `retries ${V4} for the original request [first-request-only]`,
      'every-hop': 'fails [first-request-only]',
      never: 'fails [first-request-only]',
    },
  },
  {
    rule: 'redirect-prefers-ipv6',
    because: 'a redirect target with both families is dialled over IPv6 first',
    outcome: planOf(1),
    expected: all(`${V6} first [redirect-prefers-ipv6]`),
  },
  {
    rule: 'redirect-no-retry',
    because: 'a name with IPv4 alone led to a dual one whose IPv6 timed out',
    outcome: (policy) =>
      decision({
        policy,
        failure: timeout,
        hop: 1,
        originalAddresses: { ipv6: [], ipv4: [OTHER_V4] },
      }),
    expected: {
      ...all('fails [redirect-no-retry]'),
      'every-hop': `retries ${V4} for the failed request [redirect-no-retry]`,
    },
  },
  {
    rule: 'http-01-only',
    because: 'a tls-alpn-01 connection timed out over IPv6',
    outcome: (policy) => decision({ policy, failure: timeout, challengeType: 'tls-alpn-01' }),
    expected: {
      ...all('fails [http-01-only]'),
      boulder: `retries ${V4} for the failed request [http-01-only]`,
    },
  },
];

describe('every decision rule under every policy', () => {
  for (const { rule, because, outcome, expected } of TABLE) {
    for (const policy of ADDRESS_POLICIES) {
      test(`${rule} / ${policy}`, () => {
        expect(outcome(policy), because).toBe(expected[policy]);
      });
    }
  }
});

describe('the plan', () => {
  const plan = (policy: AddressPolicy, hop: number, challengeType: ConnectingChallengeType = 'http-01') =>
    planAddresses(DUAL, { hop, challengeType }, policy);

  test('keeps the first IPv4 address of the first request in reserve, except under never', () => {
    const spares = ADDRESS_POLICIES.map((policy) => plan(policy, 0).spare?.address);
    expect(spares).toEqual([V4, V4, V4, undefined]);
  });

  test('keeps nothing in reserve for a redirect target, except under every-hop', () => {
    const spares = ADDRESS_POLICIES.map((policy) => plan(policy, 1).spare?.address);
    expect(spares).toEqual([undefined, undefined, V4, undefined]);
  });

  test('keeps nothing in reserve for tls-alpn-01, except under boulder', () => {
    const spares = ADDRESS_POLICIES.map((policy) => plan(policy, 0, 'tls-alpn-01').spare?.address);
    expect(spares).toEqual([undefined, V4, undefined, undefined]);
  });

  test.each([
    ['IPv6 alone', { ipv6: [V6, '2001:db8::2'], ipv4: [] }, V6],
    ['IPv4 alone', { ipv6: [], ipv4: [V4, '192.0.2.2'] }, V4],
    ['no address', { ipv6: [], ipv4: [] }, undefined],
  ])('of a name with %s holds one address, no spare and no rule', (_, addresses, first) => {
    for (const policy of ADDRESS_POLICIES) {
      const made = planAddresses(addresses, { hop: 0, challengeType: 'http-01' }, policy);
      expect([made.first?.address, made.spare, made.rules]).toEqual([first, undefined, []]);
    }
  });
});

describe('the retry decision', () => {
  const KINDS: readonly DialFailureKind[] = [
    'refused',
    'host-unreachable',
    'network-unreachable',
    'reset',
    'other',
  ];
  test.each(KINDS)('documented: a dial that ends with %s is final', (kind) => {
    expect(decision({ policy: 'documented', failure: { phase: 'dial', kind } })).toBe(
      'fails [no-retry-on-other-errors]',
    );
  });

  test.each(['tls', 'request', 'response', 'body', 'content'] as const)(
    'under every policy: a failure in the phase %s, after connecting, is final',
    (phase) => {
      for (const policy of ADDRESS_POLICIES)
        expect(decision({ policy, failure: { phase } })).toBe('fails [no-retry-on-other-errors]');
    },
  );

  test('the retry itself is not retried', () => {
    const outcomes = ADDRESS_POLICIES.map((policy) =>
      decision({ policy, failure: timeout, failedFamily: 'ipv4', originalRetried: true }),
    );
    expect(new Set(outcomes)).toEqual(new Set(['fails [retry-ipv4-on-connect-timeout]']));
  });

  test('boulder: a hop that cannot be connected to runs the first request again, once a validation', () => {
    const given = { policy: 'boulder', failure: refused, hop: 2 } as const;
    expect(decision(given)).toBe(`retries ${V4} for the original request [no-retry-on-other-errors]`);
    expect(decision({ ...given, originalRetried: true })).toBe('fails [no-retry-on-other-errors]');
  });

  test('boulder: a redirect target with IPv4 alone that refuses makes the first request go again (S11)', () => {
    const given = { failure: refused, hop: 1, addresses: { ipv6: [], ipv4: [OTHER_V4] } } as const;
    expect(decision({ ...given, policy: 'boulder' })).toBe(
      `retries ${V4} for the original request [first-request-only]`,
    );
    expect(decision({ ...given, policy: 'documented' })).toBe('fails [first-request-only]');
  });

  test.each<AttemptFailure>([timeout, refused, { phase: 'tls' }])(
    'boulder: tls-alpn-01 goes to IPv4 after any failure of the IPv6 attempt up to the handshake: %o',
    (failure) => {
      for (const policy of ADDRESS_POLICIES) {
        expect(decision({ policy, failure, challengeType: 'tls-alpn-01' })).toBe(
          policy === 'boulder'
            ? `retries ${V4} for the failed request [http-01-only]`
            : 'fails [http-01-only]',
        );
      }
    },
  );

  test('under every policy: a wrong protocol or certificate in tls-alpn-01 is final', () => {
    for (const policy of ADDRESS_POLICIES) {
      const given = { policy, failure: { phase: 'content' }, challengeType: 'tls-alpn-01' } as const;
      expect(decision(given)).toBe('fails [http-01-only]');
    }
  });

  test('a name with one address leaves nothing to decide', () => {
    for (const policy of ADDRESS_POLICIES) {
      expect(decision({ policy, failure: timeout, addresses: { ipv6: [V6], ipv4: [] } })).toBe(
        'nothing to decide',
      );
      expect(decision({ policy, failure: refused, addresses: { ipv6: [], ipv4: [V4] } })).toBe(
        'nothing to decide',
      );
    }
  });

  test('a policy other than documented is named in the reason', () => {
    for (const policy of ADDRESS_POLICIES.filter((each) => each !== 'documented')) {
      const plan = planAddresses(DUAL, { hop: 0, challengeType: 'http-01' }, policy);
      const failed = failedAddress(plan, 'ipv6');
      const situation = { hop: 0, challengeType: 'http-01', plan, failed, original: plan } as const;
      const decided = decideRetry(refused, { ...situation, originalRetried: false }, policy);
      expect(decided?.reason).toContain(`"${policy}"`);
    }
  });
});
