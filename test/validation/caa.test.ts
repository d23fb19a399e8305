import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { AddressPolicy } from '../../src/protocol/address-family-rule.ts';
import type { ValidationQuestion } from '../../src/protocol/validation-question.ts';
import type { CaaStep, LookupStep, ValidationRecord } from '../../src/protocol/validation-record.ts';
import { resolverFor } from '../dns/resolver-for.ts';
import type { DnsReply, ZoneTable } from '../support/dns-server.ts';
import { answerFrom, rawRecord, startDnsServer } from '../support/dns-server.ts';
import { KEY_AUTHORIZATION, questionFor, validate } from '../support/validation-lab.ts';

const NAME = 'www.zone.test';
const OURS = 'touchstone.test';
const ALLOWS = [`0 issue "${OURS}"`];
const FORBIDS = ['0 issue "other.example"'];
const ACCOUNT_URL = 'https://localhost:14000/acme/account/acct_7';
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

interface Scene {
  /** CAA by name, or further records. The proof is there without saying. */
  readonly zone?: ZoneTable;
  /** Answers in place of the zone's, by name: for CAA alone. */
  readonly instead?: Readonly<Record<string, DnsReply>>;
  readonly question?: Partial<ValidationQuestion>;
  readonly dns?: object;
  readonly addressPolicy?: AddressPolicy;
  readonly enabled?: boolean;
  /** True where no account asks. */
  readonly anonymous?: boolean;
}

/** Validates www.zone.test by dns-01, which passes, and by CAA, over real DNS. */
async function play(scene: Scene) {
  const {
    zone = {},
    instead = {},
    question = {},
    dns = {},
    addressPolicy,
    enabled = true,
    anonymous,
  } = scene;
  const fromZone = answerFrom({ [`_acme-challenge.${NAME}`]: { TXT: [DIGEST] }, ...zone });
  const server = await startDnsServer((query) => {
    const reply = query.type === 'CAA' ? instead[query.name] : undefined;
    return reply ?? fromZone(query);
  });
  const resolver = resolverFor({ servers: [server.server], timeoutMs: 50, ...dns });
  clean.push(
    () => resolver.close(),
    () => server.stop(),
  );
  const { passed, record } = await validate({
    resolver,
    caa: { enabled, identities: [OURS] },
    ...(addressPolicy === undefined ? {} : { addressPolicy }),
    question: {
      ...questionFor({ type: 'dns', value: NAME }),
      challengeType: 'dns-01',
      ...(anonymous ? {} : { accountUrl: ACCOUNT_URL }),
      ...question,
    },
  });
  const asked = server.queries.filter(({ type }) => type === 'CAA').map(({ name }) => name);
  return { passed, record, server, asked, caaAsked: [...new Set(asked)].sort(), ...seen(record) };
}

function seen({ steps, failure }: ValidationRecord) {
  const problem = failure === undefined ? { code: undefined, detail: '' } : explainFailure(failure);
  return {
    problem,
    failure,
    caaSteps: steps.filter((step): step is CaaStep => step.step === 'caa'),
    lookups: steps
      .filter((step): step is LookupStep => step.step === 'lookup' && step.type === 'CAA')
      .map(({ name, outcome }) => `${name} ${outcome}`),
  };
}

describe('the set that is relevant', () => {
  test.each<[string, ZoneTable, boolean, string | undefined]>([
    ['nothing anywhere', {}, true, undefined],
    ['this CA at the name', { [NAME]: { CAA: ALLOWS } }, true, NAME],
    ['another CA at the name', { [NAME]: { CAA: FORBIDS } }, false, NAME],
    [
      "the parent's, for want of one at the name",
      { [NAME]: {}, 'zone.test': { CAA: FORBIDS } },
      false,
      'zone.test',
    ],
    ["the parent's, where the name does not exist", { 'zone.test': { CAA: FORBIDS } }, false, 'zone.test'],
    ["the top-level domain's", { 'zone.test': {}, test: { CAA: FORBIDS } }, false, 'test'],
    [
      "the name's in place of the parent's",
      { [NAME]: { CAA: ALLOWS }, 'zone.test': { CAA: FORBIDS } },
      true,
      NAME,
    ],
    [
      "the name's in place of the parent's, also to forbid",
      { [NAME]: { CAA: FORBIDS }, 'zone.test': { CAA: ALLOWS } },
      false,
      NAME,
    ],
    [
      "one without a restriction, in place of the parent's",
      { [NAME]: { CAA: ['0 iodef "mailto:a@zone.test"'] }, 'zone.test': { CAA: FORBIDS } },
      true,
      NAME,
    ],
    ['nobody may', { [NAME]: { CAA: ['0 issue ";"'] } }, false, NAME],
    ['one record of two allows', { [NAME]: { CAA: [...FORBIDS, ...ALLOWS] } }, true, NAME],
  ])('%s', async (_claim, zone, passes, foundAt) => {
    const { passed, record, caaSteps, problem, lookups, caaAsked } = await play({ zone });
    expect(passed, JSON.stringify(record.failure)).toBe(passes);
    expect(problem.code).toBe(passes ? undefined : 'caa');
    expect(caaAsked).toEqual(['test', NAME, 'zone.test']);
    expect(lookups).toHaveLength(3);
    expect(caaSteps).toHaveLength(1);
    expect(caaSteps[0]?.foundAt).toBe(foundAt);
    expect(record.steps.at(-1)).toBe(caaSteps[0]);
  });

  test('is that of the end of an alias, whose parents do not matter (RFC 8659 section 3)', async () => {
    const zone = {
      [NAME]: { CNAME: ['host.elsewhere.test'] },
      'host.elsewhere.test': { CAA: FORBIDS },
      'elsewhere.test': { CAA: ALLOWS },
      'zone.test': { CAA: ALLOWS },
    };
    const { passed, problem, lookups } = await play({ zone });
    expect(passed).toBe(false);
    expect(lookups).toHaveLength(3);
    expect(problem.detail).toContain('CAA record for host.elsewhere.test prevents issuance');
    expect(problem.detail).toContain(`Add the record host.elsewhere.test. CAA 0 issue "${OURS}"`);
  });

  test('climbs from the alias, and not from its end, where that has none', async () => {
    const zone = {
      [NAME]: { CNAME: ['host.elsewhere.test'] },
      'host.elsewhere.test': {},
      'elsewhere.test': { CAA: FORBIDS },
      'zone.test': { CAA: ALLOWS },
    };
    const { passed, caaSteps } = await play({ zone });
    expect(passed).toBe(true);
    expect(caaSteps[0]?.foundAt).toBe('zone.test');
  });
});

describe('wildcards', () => {
  const wildcard = { wildcard: true };

  test.each<[string, readonly string[], boolean, boolean]>([
    ['issuewild forbids the wildcard', [...ALLOWS, '0 issuewild ";"'], false, true],
    ['issuewild allows the wildcard', [...FORBIDS, `0 issuewild "${OURS}"`], true, false],
    ['without issuewild issue counts, and allows', ALLOWS, true, true],
    ['without issuewild issue counts, and forbids', FORBIDS, false, false],
  ])('%s', async (_claim, CAA, forWildcard, forName) => {
    const zone = { [NAME]: { CAA } };
    const asWildcard = await play({ zone, question: wildcard });
    expect(asWildcard.passed).toBe(forWildcard);
    expect((await play({ zone })).passed).toBe(forName);
  });

  test('the problem names the wildcard, and the record to add has the tag that decided', async () => {
    const CAA = [...ALLOWS, '0 issuewild "other.example"'];
    const { problem } = await play({ zone: { 'zone.test': { CAA } }, question: wildcard });
    expect(problem.detail).toBe(
      'While processing CAA for *.www.zone.test: CAA record for zone.test prevents issuance: ' +
        'zone.test. CAA 0 issuewild "other.example" (no record there names this CA, touchstone.test). ' +
        'Add the record zone.test. CAA 0 issuewild "touchstone.test"; one that allows is enough.',
    );
  });
});

describe('what a record asks for', () => {
  const decided = async (value: string, question: Partial<ValidationQuestion> = {}) => {
    const { passed, caaSteps, problem } = await play({ zone: { [NAME]: { CAA: [value] } }, question });
    expect(problem.code).toBe(passed ? undefined : 'caa');
    return [caaSteps[0]?.decision, problem.detail.slice(problem.detail.indexOf(' (') + 1)];
  };

  test.each([
    [`0 issue "${OURS}; accounturi=${ACCOUNT_URL}"`, 'authorized', ''],
    [
      `0 issue "${OURS}; accounturi=${ACCOUNT_URL}1"`,
      'wrong-account',
      `(it names another account than ${ACCOUNT_URL}). Add the record www.zone.test. CAA 0 issue ` +
        `"${OURS}; accounturi=${ACCOUNT_URL}", or use the account that is named.`,
    ],
    [`0 issue "${OURS}; validationmethods=http-01,dns-01"`, 'authorized', ''],
    [
      `0 issue "${OURS}; validationmethods=http-01"`,
      'wrong-method',
      `(it does not list dns-01). Make it www.zone.test. CAA 0 issue "${OURS}; validationmethods=http-01,dns-01", ` +
        'or prove control by a method that it lists.',
    ],
    [
      '128 tbs "Unknown"',
      'unknown-critical',
      '(it is critical, and this CA does not know "tbs"). ' +
        'Take the record away, or its critical flag: www.zone.test. CAA 0 tbs "Unknown".',
    ],
    [
      '0 issue ";"',
      'not-authorized',
      `(no record there names this CA, ${OURS}). Add the record www.zone.test. CAA 0 issue "${OURS}"; one that allows is enough.`,
    ],
    [
      '0 issue "%%%%%"',
      'malformed-record',
      `(it is not written as RFC 8659 section 4.2 asks). Put in its place, or beside it, the record www.zone.test. CAA 0 issue "${OURS}".`,
    ],
  ])('%s is %s', async (value, decision, words) => {
    expect(await decided(value)).toEqual([decision, words]);
  });

  test('one account may, and nobody asks', async () => {
    const zone = { [NAME]: { CAA: [`0 issue "${OURS}; accounturi=${ACCOUNT_URL}"`] } };
    const { passed, problem } = await play({ zone, anonymous: true });
    expect(passed).toBe(false);
    expect(problem.detail).toContain(
      '(it names the account that may, and the URL of the one that asks is not known)',
    );
  });

  test('a long record is shown whole in what is to be written', async () => {
    const long = `${OURS}; accounturi=https://${'ca.'.repeat(40)}test:14000/acme/account/acct_1; validationmethods=http-01`;
    const accountUrl = `https://${'ca.'.repeat(40)}test:14000/acme/account/acct_1`;
    const zone = { [NAME]: { CAA: [`0 issue "${long}"`] } };
    const { problem, caaSteps } = await play({ zone, question: { accountUrl } });
    expect(problem.detail).toContain(`Make it www.zone.test. CAA 0 issue "${long},dns-01", or`);
    expect(caaSteps[0]).toMatchObject({ records: [{ value: `${long.slice(0, 128)}...` }] });
  });

  test('a record that is no text, and one that is very long, are shown safely', async () => {
    const bytes = (value: Uint8Array) => Buffer.concat([Buffer.from('\u0000\u0005issue'), value]);
    const binary = await play({
      instead: { [NAME]: { answers: [rawRecord(NAME, 257, bytes(Uint8Array.of(0xe4, 0x1b, 0x22)))] } },
    });
    expect(binary.problem.detail).toContain(`${NAME}. CAA 0 issue "\\xe4\\x1b\\"" (`);
    const long = await play({ zone: { [NAME]: { CAA: [`0 issue "${'x'.repeat(5000)}"`] } } });
    expect(long.problem.detail.length).toBeLessThan(500);
    expect(JSON.stringify(long.record).length).toBeLessThan(3000);
  });
});

describe('a look-up that fails', () => {
  const SERVFAIL: DnsReply = { rcode: 2 };

  test.each([
    ['at the name', NAME, { 'zone.test': { CAA: ALLOWS } }],
    ['between the name and the set', 'zone.test', { test: { CAA: ALLOWS } }],
    ['where there is no set at all', 'test', {}],
  ])('forbids %s', async (_where, name, zone) => {
    const { passed, problem, failure, server, caaSteps } = await play({
      zone,
      instead: { [name]: SERVFAIL },
    });
    expect(passed).toBe(false);
    expect(failure).toMatchObject({ class: 'caa-lookup', name: NAME, lookup: { name, outcome: 'servfail' } });
    expect(problem.code).toBe('dns');
    expect(problem.detail).toContain(
      `While processing CAA for ${NAME}: DNS problem: SERVFAIL looking up CAA for ${name} at ${server.server}`,
    );
    expect(caaSteps).toEqual([]);
  });

  test('does not matter above the set', async () => {
    const { passed, lookups } = await play({
      zone: { [NAME]: {}, 'zone.test': { CAA: ALLOWS } },
      instead: { test: SERVFAIL },
    });
    expect(passed).toBe(true);
    expect(lookups).toEqual([`${NAME} empty`, 'zone.test answered', 'test servfail']);
  });

  test.each<[string, DnsReply, string]>([
    ['REFUSED', { rcode: 5 }, 'REFUSED'],
    ['NOTIMP', { rcode: 4 }, 'NOTIMP'],
    ['a damaged record', { answers: [rawRecord('zone.test', 257, Buffer.alloc(2))] }, 'malformed answer'],
    ['no answer', { delay: 'never' }, 'query timed out'],
  ])('forbids by %s, and says so with the name of the server', async (_kind, reply, words) => {
    const { passed, problem, server } = await play({ instead: { 'zone.test': reply } });
    expect(passed).toBe(false);
    expect(problem.code).toBe('dns');
    expect(problem.detail).toContain(
      `DNS problem: ${words} looking up CAA for zone.test at ${server.server}`,
    );
    expect(problem.detail).toContain('caa.enabled=false');
  });

  test.each<[AddressPolicy, boolean]>([
    ['documented', true],
    ['every-hop', true],
    ['never', true],
    ['boulder', false],
  ])('under %s, NXDOMAIN of the top-level domain passes: %j', async (addressPolicy, passes) => {
    const { passed, problem } = await play({ zone: { 'zone.test': {} }, addressPolicy });
    expect(passed).toBe(passes);
    if (!passes) expect(problem.detail).toContain('NXDOMAIN looking up CAA for test at ');
  });

  test('under boulder, NXDOMAIN of the top-level domain does not matter above a set', async () => {
    const { passed } = await play({ zone: { 'zone.test': { CAA: ALLOWS } }, addressPolicy: 'boulder' });
    expect(passed).toBe(true);
  });
});

describe('who is asked', () => {
  test('a name of many labels is asked about in turns of ten, from below', async () => {
    const name = `${'a.'.repeat(20)}zone.test`;
    const labels = name.split('.');
    const tenth = labels.slice(9).join('.');
    const { passed, caaAsked } = await play({
      zone: { [`_acme-challenge.${name}`]: { TXT: [DIGEST] }, [tenth]: { CAA: ALLOWS } },
      question: { identifier: { type: 'dns', value: name } },
    });
    expect(passed).toBe(true);
    const lowest = Array.from({ length: 10 }, (_, index) => labels.slice(index).join('.'));
    expect(caaAsked).toEqual(lowest.sort());
  });

  test('nobody when the proof of control failed, or with caa.enabled=false', async () => {
    const unproved = await play({
      question: { keyAuthorization: 'another' },
      zone: { [NAME]: { CAA: FORBIDS } },
    });
    expect([unproved.failure?.class, unproved.asked]).toEqual(['wrong-txt', []]);
    const off = await play({ enabled: false, zone: { [NAME]: { CAA: FORBIDS } } });
    expect([off.passed, off.asked, off.caaSteps]).toEqual([true, [], []]);
  });
});
