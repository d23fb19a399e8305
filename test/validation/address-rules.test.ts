import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { AddressPolicy } from '../../src/protocol/address-family-rule.ts';
import { ADDRESS_POLICIES } from '../../src/protocol/address-family-rule.ts';
import type { TlsCredentials } from '../../src/runtime/listener.ts';
import type { BlackHole } from '../support/black-hole.ts';
import { startBlackHole } from '../support/black-hole.ts';
import { freePort } from '../support/free-port.ts';
import { selfSigned } from '../support/self-signed.ts';
import type { SeenValidation, ValidationSettings, Zone } from '../support/validation-lab.ts';
import {
  CHALLENGE_PATH,
  hasIpv6Loopback,
  KEY_AUTHORIZATION,
  questionFor,
  validate,
} from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';

const V6 = '::1';
const V4 = '127.0.0.1';
/** Another host of the lab, which has IPv4 alone. */
const OTHER_V4 = '127.0.0.2';
const DUAL: Zone = { 'dual.test': { A: [V4], AAAA: [V6] } };

/** What listens at an address and port of the lab. `closed` is nothing: a connection is refused. */
type Behaviour =
  | 'serves'
  | '404'
  | 'black hole'
  | 'closed'
  | 'resets'
  | 'silent'
  | { readonly redirectsTo: string };

interface World {
  readonly http: number;
  readonly https: number;
}

interface Scenario {
  readonly zone?: Zone;
  /** Keys are `ADDRESS http` or `ADDRESS https`; everything else is closed. */
  readonly servers: (world: World) => Readonly<Record<string, Behaviour>>;
}

const cleanUp: (() => Promise<void>)[] = [];
const ipv6 = await hasIpv6Loopback();
if (!ipv6) console.warn('SKIPPED: the address-family rules on real sockets, because this machine has no ::1');

let credentials: TlsCredentials;
/** Two black holes on ::1, for http and https. They keep no state, so that all tests can share them. */
let holes: Readonly<Record<'http' | 'https', BlackHole>>;

beforeAll(async () => {
  credentials = await selfSigned('dual.test');
  if (!ipv6) return;
  const [http, https] = await Promise.all([startBlackHole(V6), startBlackHole(V6)]);
  holes = { http, https };
});

afterAll(async () => {
  if (ipv6) await Promise.all([holes.http.stop(), holes.https.stop()]);
});

afterEach(async () => {
  await Promise.all(cleanUp.splice(0).map((stop) => stop()));
});

interface Played extends SeenValidation {
  /** `ADDRESS http|https` of every dial, in order, as the network saw them. */
  readonly contacted: readonly string[];
  /** The servers that accepted connections, with how many: the listeners' own view. */
  readonly accepted: Readonly<Record<string, number>>;
  readonly code: string;
  readonly detail: string;
}

/** Builds the scenario's world on loopback sockets, and has the validator look at it. */
async function play(
  scenario: Scenario,
  addressPolicy: AddressPolicy,
  more: ValidationSettings = {},
): Promise<Played> {
  const places = scenario.servers({ http: 0, https: 0 });
  const portOf = (scheme: 'http' | 'https') =>
    places[`${V6} ${scheme}`] === 'black hole' ? holes[scheme].port : freePort();
  const world = { http: await portOf('http'), https: await portOf('https') };
  const seen: Record<string, SeenServer> = {};
  for (const [place, behaviour] of Object.entries(scenario.servers(world))) {
    const server = await start(place, behaviour, world);
    if (server !== undefined) seen[place] = server;
  }
  const validation = await validate({
    zone: scenario.zone ?? DUAL,
    httpPort: world.http,
    tlsPort: world.https,
    addressPolicy,
    responseTimeoutMs: 300,
    ...more,
  });
  const contacted = validation.dialled.map((dial) =>
    dial.replace(` ${world.https}`, ' https').replace(` ${world.http}`, ' http'),
  );
  const { failure, steps } = validation.record;
  const problem = failure === undefined ? { code: 'none', detail: '' } : explainFailure(failure);
  expect(steps.flatMap((step) => (step.step === 'attempt' ? [`${step.address} ${step.port}`] : []))).toEqual(
    validation.dialled,
  );
  const accepted = Object.fromEntries(
    Object.entries(seen).map(([place, server]) => [place, server.accepted()]),
  );
  // Each listener saw exactly the dials that the network says went to it.
  for (const [place, count] of Object.entries(accepted))
    expect([place, count]).toEqual([place, contacted.filter((each) => each === place).length]);
  return { ...validation, contacted, accepted, ...problem };
}

async function start(place: string, behaviour: Behaviour, world: World): Promise<SeenServer | undefined> {
  if (behaviour === 'black hole' && !place.startsWith(V6)) throw new Error('the black holes are on ::1');
  const [address = '', scheme] = place.split(' ');
  const port = scheme === 'https' ? world.https : world.http;
  if (behaviour === 'closed' || behaviour === 'black hole') return undefined;
  const server = await startServer(address, port, behaviour, scheme === 'https');
  cleanUp.push(() => server.stop());
  return server;
}

function startServer(
  address: string,
  port: number,
  behaviour: Exclude<Behaviour, 'closed' | 'black hole'>,
  secure: boolean,
): Promise<SeenServer> {
  if (behaviour === 'resets') return startRawServer(address, port, (socket) => socket.resetAndDestroy());
  if (behaviour === 'silent') return startRawServer(address, port, () => undefined);
  return startWebServer(
    address,
    port,
    (_, response) => {
      if (behaviour === 'serves') response.end(KEY_AUTHORIZATION);
      else if (behaviour === '404') response.writeHead(404).end('no such page');
      else response.writeHead(301, { location: behaviour.redirectsTo }).end();
    },
    secure ? credentials : undefined,
  );
}

interface Row {
  readonly rule: string;
  readonly because: string;
  readonly scenario: Scenario;
  readonly expected: Readonly<
    Record<AddressPolicy, { readonly contacted: readonly string[]; readonly code: string }>
  >;
}

const outcome = (code: string, ...contacted: readonly string[]) => ({ contacted, code });
const all = (same: ReturnType<typeof outcome>): Row['expected'] => ({
  documented: same,
  boulder: same,
  'every-hop': same,
  never: same,
});
const HTTPS_SELF = 'https://dual.test/elsewhere';

const ROWS: readonly Row[] = [
  {
    rule: 'prefer-ipv6',
    because: 'both families serve, and IPv6 alone is contacted',
    scenario: { servers: () => ({ [`${V6} http`]: 'serves', [`${V4} http`]: 'serves' }) },
    expected: all(outcome('none', `${V6} http`)),
  },
  {
    rule: 'retry-ipv4-on-connect-timeout',
    because: 'IPv6 drops what comes, and IPv4 serves',
    scenario: { servers: () => ({ [`${V6} http`]: 'black hole', [`${V4} http`]: 'serves' }) },
    expected: {
      ...all(outcome('none', `${V6} http`, `${V4} http`)),
      never: outcome('connection', `${V6} http`),
    },
  },
  {
    rule: 'no-retry-on-other-errors',
    because: 'IPv6 refuses, and IPv4 serves',
    scenario: { servers: () => ({ [`${V4} http`]: 'serves' }) },
    expected: {
      documented: outcome('connection', `${V6} http`),
      boulder: outcome('none', `${V6} http`, `${V4} http`),
      'every-hop': outcome('none', `${V6} http`, `${V4} http`),
      never: outcome('connection', `${V6} http`),
    },
  },
  {
    rule: 'first-request-only',
    because:
      'IPv6 leads to a name with IPv6 alone that drops what comes; the first name has an IPv4 address that serves',
    scenario: {
      zone: { ...DUAL, 'six.test': { AAAA: [V6] } },
      servers: () => ({
        [`${V6} http`]: { redirectsTo: 'https://six.test/there' },
        [`${V6} https`]: 'black hole',
        [`${V4} http`]: 'serves',
      }),
    },
    expected: {
      ...all(outcome('connection', `${V6} http`, `${V6} https`)),
      boulder: outcome('none', `${V6} http`, `${V6} https`, `${V4} http`),
    },
  },
  {
    rule: 'redirect-prefers-ipv6',
    because: 'a redirect target with both families is contacted over IPv6 again',
    scenario: {
      servers: () => ({
        [`${V6} http`]: { redirectsTo: HTTPS_SELF },
        [`${V4} http`]: { redirectsTo: HTTPS_SELF },
        [`${V6} https`]: 'serves',
        [`${V4} https`]: 'serves',
      }),
    },
    expected: all(outcome('none', `${V6} http`, `${V6} https`)),
  },
  {
    rule: 'redirect-no-retry',
    because: 'a name with IPv4 alone leads to a dual one whose IPv6 drops what comes, and whose IPv4 serves',
    scenario: {
      zone: { 'dual.test': { A: [OTHER_V4] }, 'target.test': { A: [V4], AAAA: [V6] } },
      servers: () => ({
        [`${OTHER_V4} http`]: { redirectsTo: 'http://target.test/there' },
        [`${V6} http`]: 'black hole',
        [`${V4} http`]: 'serves',
      }),
    },
    expected: {
      ...all(outcome('connection', `${OTHER_V4} http`, `${V6} http`)),
      'every-hop': outcome('none', `${OTHER_V4} http`, `${V6} http`, `${V4} http`),
    },
  },
];

describe.skipIf(!ipv6)('every decision rule of http-01 under every policy, on real sockets', () => {
  for (const { rule, because, scenario, expected } of ROWS) {
    for (const policy of ADDRESS_POLICIES) {
      test(`${rule} / ${policy}`, async () => {
        const { contacted, code } = await play(scenario, policy);
        expect({ contacted, code }, because).toEqual(expected[policy]);
      });
    }
  }
});

describe.skipIf(!ipv6)('the worked example of the documentation', () => {
  const scenario: Scenario = {
    servers: () => ({
      [`${V6} http`]: 'black hole',
      [`${V6} https`]: 'black hole',
      [`${V4} http`]: { redirectsTo: HTTPS_SELF },
      [`${V4} https`]: 'serves',
    }),
  };

  test('makes three connections, IPv6, IPv4, IPv6, and ends as a connection error', async () => {
    const { contacted, code, detail, record } = await play(scenario, 'documented');
    expect(contacted).toEqual([`${V6} http`, `${V4} http`, `${V6} https`]);
    expect(code).toBe('connection');
    expect(detail).toContain('::1: Fetching https://dual.test');
    expect(detail).toContain('Timeout during connect (likely firewall problem)');
    expect(detail).toContain('(connect).');
    expect(detail).toContain('[redirect-no-retry]');
    const rules = record.steps.flatMap((step) => (step.step === 'retry' ? [[step.rule, step.retried]] : []));
    expect(rules).toEqual([
      ['retry-ipv4-on-connect-timeout', true],
      ['redirect-no-retry', false],
    ]);
  });

  test('passes under every-hop, where the second request is retried too', async () => {
    const { contacted, code } = await play(scenario, 'every-hop');
    expect(contacted).toEqual([`${V6} http`, `${V4} http`, `${V6} https`, `${V4} https`]);
    expect(code).toBe('none');
  });
});

describe.skipIf(!ipv6)('the retry', () => {
  test('is one, and its failure names the attempt before it', async () => {
    const scenario: Scenario = { servers: () => ({ [`${V6} http`]: 'black hole' }) };
    for (const policy of ['documented', 'boulder', 'every-hop'] as const) {
      const { contacted, code, detail } = await play(scenario, policy);
      expect(contacted).toEqual([`${V6} http`, `${V4} http`]);
      expect(code).toBe('connection');
      expect(detail).toContain(`${V4}: Fetching`);
      expect(detail).toContain('Connection refused');
      expect(detail).toContain('before that, ::1: Timeout during connect');
    }
  });

  test('has a budget of its own: the first attempt does not eat its time', async () => {
    const { contacted, code } = await play(
      { servers: () => ({ [`${V6} http`]: 'black hole', [`${V4} http`]: 'serves' }) },
      'documented',
      { connectTimeoutMs: 300, responseTimeoutMs: 300 },
    );
    expect(contacted).toEqual([`${V6} http`, `${V4} http`]);
    expect(code).toBe('none');
  });
});

describe.skipIf(!ipv6)('the scenarios in which code and documentation differ', () => {
  const redirects = { redirectsTo: HTTPS_SELF };
  const SCENARIOS: readonly (readonly [
    id: string,
    scenario: Scenario,
    documented: ReturnType<typeof outcome>,
    boulder: ReturnType<typeof outcome>,
    says: readonly [documented: string, boulder: string],
  ])[] = [
    [
      'S3: IPv6 answers 404',
      { servers: () => ({ [`${V6} http`]: '404', [`${V4} http`]: 'serves' }) },
      outcome('unauthorized', `${V6} http`),
      outcome('unauthorized', `${V6} http`),
      ['[no-retry-on-other-errors]', '::1: Invalid response from http://dual.test'],
    ],
    [
      'S4: IPv6 accepts and resets',
      { servers: () => ({ [`${V6} http`]: 'resets', [`${V4} http`]: 'serves' }) },
      outcome('connection', `${V6} http`),
      outcome('connection', `${V6} http`),
      ['[no-retry-on-other-errors]', 'Connection reset by peer'],
    ],
    [
      'S5: IPv6 accepts and stays silent',
      { servers: () => ({ [`${V6} http`]: 'silent', [`${V4} http`]: 'serves' }) },
      outcome('connection', `${V6} http`),
      outcome('connection', `${V6} http`),
      ['[no-retry-on-other-errors]', 'Timeout after connect'],
    ],
    [
      'S6: both redirect to https, which IPv6 refuses',
      { servers: () => ({ [`${V6} http`]: redirects, [`${V4} http`]: redirects }) },
      outcome('connection', `${V6} http`, `${V6} https`),
      outcome('connection', `${V6} http`, `${V6} https`, `${V4} http`),
      ['::1: Fetching https://dual.test', `${V4}: Fetching ${HTTPS_SELF}: Redirect loop detected`],
    ],
    [
      'S7: as S6, and IPv4 serves',
      { servers: () => ({ [`${V6} http`]: redirects, [`${V4} http`]: 'serves' }) },
      outcome('connection', `${V6} http`, `${V6} https`),
      outcome('none', `${V6} http`, `${V6} https`, `${V4} http`),
      ['Connection refused', ''],
    ],
    [
      'S8: as S6, and IPv4 redirects elsewhere on the name',
      {
        servers: () => ({
          [`${V6} http`]: redirects,
          [`${V4} http`]: { redirectsTo: 'https://dual.test/other' },
        }),
      },
      outcome('connection', `${V6} http`, `${V6} https`),
      outcome('connection', `${V6} http`, `${V6} https`, `${V4} http`, `${V6} https`),
      ['Connection refused', 'Connection refused'],
    ],
    [
      'S11: IPv6 leads to another name with IPv4 alone, which refuses',
      {
        zone: { ...DUAL, 'other.test': { A: [OTHER_V4] } },
        servers: () => ({
          [`${V6} http`]: { redirectsTo: 'http://other.test/there' },
          [`${V4} http`]: 'serves',
        }),
      },
      outcome('connection', `${V6} http`, `${OTHER_V4} http`),
      outcome('none', `${V6} http`, `${OTHER_V4} http`, `${V4} http`),
      ['[first-request-only]', ''],
    ],
    [
      'S12: the AAAA look-up fails',
      {
        zone: { 'dual.test': { A: [V4], AAAA: 'servfail' } },
        servers: () => ({ [`${V6} http`]: 'serves', [`${V4} http`]: 'serves' }),
      },
      outcome('none', `${V4} http`),
      outcome('none', `${V4} http`),
      ['', ''],
    ],
    [
      'S17: two AAAA addresses, the first dead, no A',
      {
        zone: { 'dual.test': { AAAA: [V6, '::2'] } },
        servers: () => ({ [`${V6} http`]: 'black hole' }),
      },
      outcome('connection', `${V6} http`),
      outcome('connection', `${V6} http`),
      ['Timeout during connect', 'Timeout during connect'],
    ],
  ];

  test.each(SCENARIOS)('%s', async (_, scenario, documented, boulder, [saysDocumented, saysBoulder]) => {
    const first = await play(scenario, 'documented');
    expect(outcome(first.code, ...first.contacted)).toEqual(documented);
    expect(first.detail).toContain(saysDocumented);
    const second = await play(scenario, 'boulder');
    expect(outcome(second.code, ...second.contacted)).toEqual(boulder);
    expect(second.detail).toContain(saysBoulder);
  });
});

describe.skipIf(!ipv6)('no-ipv4-preference', () => {
  const bothServe: Scenario = {
    servers: () => ({ [`${V6} http`]: 'serves', [`${V4} http`]: 'serves' }),
  };

  test.each([
    ['A is answered long before AAAA', true],
    ['AAAA is answered long before A', false],
  ])('IPv6 is dialled when %s', async (_, ipv4First) => {
    const order: string[] = [];
    let letSlowOneGo: () => void = () => undefined;
    const fastOneIsDone = new Promise<void>((resolve) => {
      letSlowOneGo = resolve;
    });
    const resolver: ValidationSettings['resolver'] = {
      lookup: async (name, type) => {
        const isFast = (type === 'A') === ipv4First;
        if (isFast) setImmediate(letSlowOneGo);
        else await fastOneIsDone;
        order.push(type);
        const source = { kind: 'localhost' } as const;
        const values = [type === 'A' ? V4 : V6];
        return { name, type, source, outcome: 'answered', cnames: [], values, tries: 1, durationMs: 0 };
      },
      answersItself: () => true,
      close: () => undefined,
    };
    const { contacted } = await play(bothServe, 'documented', { resolver });
    expect(order).toEqual(ipv4First ? ['A', 'AAAA'] : ['AAAA', 'A']);
    expect(contacted).toEqual([`${V6} http`]);
  });

  test('nothing in a redirect makes the next request prefer IPv4, not even the IPv4 address that sent it', async () => {
    const { contacted } = await play(
      {
        servers: () => ({
          [`${V6} http`]: 'black hole',
          [`${V4} http`]: { redirectsTo: HTTPS_SELF },
          [`${V6} https`]: 'serves',
          [`${V4} https`]: 'serves',
        }),
      },
      'documented',
    );
    expect(contacted).toEqual([`${V6} http`, `${V4} http`, `${V6} https`]);
  });
});

describe.skipIf(!ipv6)('addresses that do not count', () => {
  const bothServe: Scenario = {
    servers: () => ({ [`${V6} http`]: 'serves', [`${V4} http`]: 'serves' }),
  };

  test('with validation.ipv6=false IPv4 is dialled, and the record says what was left out', async () => {
    const { contacted, record } = await play(bothServe, 'documented', { ipv6: false });
    expect(contacted).toEqual([`${V4} http`]);
    expect(record.steps.find((step) => step.step === 'plan')).toMatchObject({
      addressesResolved: [V4],
      filtered: [{ address: V6, because: 'ipv6-disabled' }],
    });
  });

  test('an IPv4-mapped AAAA is left out: it would be an IPv4 connection in the name of IPv6', async () => {
    const zone = { 'dual.test': { A: [OTHER_V4], AAAA: ['::ffff:127.0.0.1'] } };
    const servers = () => ({ [`${OTHER_V4} http`]: 'serves', [`${V4} http`]: 'serves' }) as const;
    const { contacted } = await play({ zone, servers }, 'documented');
    expect(contacted).toEqual([`${OTHER_V4} http`]);
  });

  test('without reserved addresses a lab name has none, and nothing is dialled', async () => {
    const { contacted, code, detail } = await play(bothServe, 'documented', {
      allowReservedAddresses: false,
    });
    expect(contacted).toEqual([]);
    expect(code).toBe('dns');
    expect(detail).toContain('no valid A records found for dual.test');
    expect(detail).toContain('Loopback');
    expect(detail).toContain('validation.allowReservedAddresses');
  });
});

describe.skipIf(!ipv6)('an IP identifier', () => {
  test('is dialled as it is, with brackets in URL and Host when it is IPv6, and no look-up', async () => {
    const port = await freePort();
    const server = await startWebServer(V6, port, (_, response) => response.end(KEY_AUTHORIZATION));
    cleanUp.push(() => server.stop());
    const verdict = await validate({ httpPort: port, question: questionFor({ type: 'ip', value: V6 }) });
    expect(verdict.passed).toBe(true);
    expect(server.requests[0]?.url).toBe(CHALLENGE_PATH);
    expect(server.requests[0]?.headers.host).toBe(`[::1]:${port}`);
    expect(verdict.record.steps.map(({ step }) => step)).toEqual(['plan', 'attempt', 'response', 'compare']);
  });

  test('has no other family to be retried over', async () => {
    const verdict = await validate({
      httpPort: holes.http.port,
      addressPolicy: 'every-hop',
      question: questionFor({ type: 'ip', value: V6 }),
    });
    expect(verdict.dialled).toEqual([`${V6} ${holes.http.port}`]);
    expect(verdict.record.failure).toMatchObject({ class: 'connect', kind: 'timeout' });
  });
});
