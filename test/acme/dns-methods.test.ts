import { createHash } from 'node:crypto';
import type { Answer } from 'dns-packet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dnsAccount01Name } from '../../src/protocol/account-label.ts';
import type { ChallengeType } from '../../src/protocol/challenge-type.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { keyAuthorization } from '../../src/protocol/key-authorization.ts';
import {
  challengeOf,
  challengesOf,
  dns,
  finish,
  ip,
  listOf,
  pathOf,
  placeOrder,
  read,
} from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import type { ReceivedQuery } from '../support/dns-server.ts';
import { record, startDnsServer } from '../support/dns-server.ts';
import { freePort } from '../support/free-port.ts';
import type { Settings } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const START = Date.UTC(2031, 0, 1);
const SECONDS = START / 1000;
const ALL: readonly ChallengeType[] = [
  'http-01',
  'dns-01',
  'tls-alpn-01',
  'dns-account-01',
  'dns-persist-01',
];
const NAME = 'host.zone.test';

/** A CA that offers everything and asks a DNS server of the test, whose records can change. */
async function startScene(settings: Settings = {}) {
  const records: Answer[] = [];
  let truncates = false;
  const server = await startDnsServer((query) => {
    const aliases = records.filter(({ type }) => type === 'CNAME');
    // The resolver writes letters in either case.
    const names = new Set([query.name.toLowerCase()]);
    for (const alias of aliases) if (names.has(alias.name) && 'data' in alias) names.add(String(alias.data));
    const answers = records.filter(
      ({ name, type }) => names.has(name) && (type === query.type || type === 'CNAME'),
    );
    const isEmpty = answers.length === 0 && query.type === 'TXT';
    return { answers, truncate: truncates, ...(isEmpty ? { rcode: 3 } : {}) };
  });
  onTestFinished(() => server.stop());
  const ca = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: { policy: { challengeTypes: ALL }, dns: { servers: [server.server] }, ...settings },
    world: { clock: { now: () => START } },
  });
  return {
    ca,
    client: await ca.account(),
    add: (...added: readonly Answer[]) => void records.push(...added),
    truncate: () => {
      truncates = true;
    },
    txtQueries: (): readonly ReceivedQuery[] =>
      server.queries
        .filter(({ type }) => type === 'TXT')
        .map((query) => ({ ...query, name: query.name.toLowerCase() })),
  };
}

type Scene = Awaited<ReturnType<typeof startScene>>;

function txt(name: string, ...values: readonly string[]): readonly Answer[] {
  return values.map((value) => record(name, 'TXT', value));
}

function digestOf(client: AcmeRequests, token: string): string {
  return createHash('sha256').update(keyAuthorization(token, client.key.thumbprint)).digest('base64url');
}

/** Places an order, has the record made that its challenge needs, and answers the challenge. */
async function prove(
  { ca, client }: Scene,
  identifiers: readonly Identifier[],
  type: ChallengeType,
  publish: (token: string) => void,
) {
  const order = await placeOrder(client, identifiers);
  const [authorization = ''] = order.authorizations;
  const { path, token } = await challengeOf(client, authorization, type);
  publish(token);
  await client.post(path, {});
  await ca.idle();
  const challenge = await read(client, path);
  return {
    order,
    challenge,
    error: Object(challenge.error),
    status: (await read(client, order.path)).status,
  };
}

function accountUrl(client: AcmeRequests): string {
  return String(client.kid);
}

describe('dns-01', () => {
  test.each([
    ['a name', NAME],
    ['a wildcard', `*.${NAME}`],
  ])('%s is proved by one TXT record of many, below an alias, over TCP', async (_, name) => {
    const scene = await startScene();
    const { client, add, truncate, txtQueries } = scene;
    truncate();
    const identifiers = dns(name);
    const { order, status } = await prove(scene, identifiers, 'dns-01', (token) => {
      const digest = digestOf(client, token);
      add(
        record(`_acme-challenge.${NAME}`, 'CNAME', 'proofs.elsewhere.test'),
        ...txt(
          'proofs.elsewhere.test',
          ...Array.from({ length: 60 }, (_each, index) => `other ${index} ${'x'.repeat(100)}`),
        ),
        // One record of two strings: they are one value.
        {
          ...record('proofs.elsewhere.test', 'TXT', ''),
          data: [digest.slice(0, 7), digest.slice(7)],
        } as Answer,
      );
    });
    expect(status).toBe('ready');
    expect(txtQueries().map(({ name: asked, transport }) => `${asked} ${transport}`)).toEqual([
      `_acme-challenge.${NAME} udp`,
      `_acme-challenge.${NAME} tcp`,
    ]);
    await finish(client, order, identifiers);
  });

  test('a name that has no room for the label in front fails, and says so', async () => {
    const scene = await startScene();
    const label = 'a'.repeat(60);
    const { error, status } = await prove(
      scene,
      dns(`${label}.${label}.${label}.${label}.test`),
      'dns-01',
      () => {},
    );
    expect([status, error.type]).toEqual(['invalid', 'urn:ietf:params:acme:error:dns']);
    expect(error.detail).toContain('no room for the label in front');
    expect(scene.txtQueries()).toEqual([]);
  });

  test('a wrong value is told with its mistake, at both ends of the alias', async () => {
    const scene = await startScene();
    const { client, add } = scene;
    const { error, status } = await prove(scene, dns(NAME), 'dns-01', (token) =>
      add(
        record(`_acme-challenge.${NAME}`, 'CNAME', 'proofs.elsewhere.test'),
        ...txt('proofs.elsewhere.test', 'v=spf1 -all', `"${digestOf(client, token)}"`),
      ),
    );
    expect(status).toBe('invalid');
    expect(error.type).toBe('urn:ietf:params:acme:error:unauthorized');
    expect(error.detail).toMatch(
      /^Incorrect TXT record '"[\w-]{43}"' \(and 1 more\) found at _acme-challenge\.host\.zone\.test, an alias of proofs\.elsewhere\.test\. Expected "[\w-]{43}"\. Take the quotation marks out of the value/,
    );
  });
});

describe('dns-account-01', () => {
  test.each([
    ['a name', NAME],
    ['a wildcard', `*.${NAME}`],
  ])('%s is proved below the label of the account, and not at the name of dns-01', async (_, name) => {
    const scene = await startScene();
    const { client, add, txtQueries } = scene;
    const at = dnsAccount01Name(NAME, accountUrl(client));
    const identifiers = dns(name);
    const { order, status, challenge } = await prove(scene, identifiers, 'dns-account-01', (token) =>
      add(...txt(at, digestOf(client, token))),
    );
    expect([status, challenge.type]).toEqual(['ready', 'dns-account-01']);
    expect(txtQueries().map(({ name: asked }) => asked)).toEqual([at]);
    await finish(client, order, identifiers);
  });

  test('the label is that of the URL by which the request names the server', async () => {
    const scene = await startScene();
    const { ca, txtQueries } = scene;
    const client = await ca.account(ca.base6);
    const { error } = await prove({ ...scene, client }, dns(NAME), 'dns-account-01', () => {});
    const id = new URL(accountUrl(client)).pathname;
    const expected = dnsAccount01Name(NAME, `${ca.base6}${id}`);
    expect(txtQueries().map(({ name }) => name)).toEqual([expected]);
    expect(error.detail).toContain(`NXDOMAIN looking up TXT for ${expected}`);
  });

  test('and where acme.externalUrl is set, that of the URL below it', async () => {
    const port = await freePort();
    const externalUrl = `https://localhost:${port}`;
    const { ca, txtQueries } = await startScene({ acme: { externalUrl, port } });
    const client = await ca.stranger(`https://127.0.0.1:${port}`);
    const post = (path: string, payload?: unknown) =>
      client.post(path, payload, { header: { url: externalUrl + path } });
    const account = await post('/acme/new-account', { termsOfServiceAgreed: true });
    client.kid = account.headers.get('location') ?? undefined;
    const order = (await post('/acme/new-order', { identifiers: dns(NAME) })).json;
    const authorization = (await post(pathOf(listOf(order.authorizations)[0]))).json;
    const challenge = listOf(authorization.challenges).find((each) => Object(each).type === 'dns-account-01');
    await post(pathOf(Object(challenge).url), {});
    await ca.idle();
    const expected = dnsAccount01Name(NAME, `${externalUrl}${new URL(accountUrl(client)).pathname}`);
    expect(txtQueries().map(({ name }) => name)).toEqual([expected]);
  });
});

describe('dns-persist-01', () => {
  const at = `_validation-persist.${NAME}`;

  test('the challenge has no token, but the account and the names of this CA', async () => {
    const { client } = await startScene({ caa: { identities: ['CA.example', 'old.example'] } });
    const order = await placeOrder(client, dns(NAME));
    const { challenges } = await read(client, order.authorizations[0] ?? '');
    const offered = listOf(challenges).map(Object);
    const persist = offered.find(({ type }) => type === 'dns-persist-01');
    const expected = { accounturi: accountUrl(client), 'issuer-domain-names': ['ca.example', 'old.example'] };
    expect(persist).toEqual({ type: 'dns-persist-01', status: 'pending', url: persist.url, ...expected });
    expect(await read(client, pathOf(persist.url))).toEqual(persist);
    for (const { type, token } of offered)
      expect([type, token === undefined]).toEqual([type, type === 'dns-persist-01']);
  });

  test.each([
    ['a name', NAME, ''],
    ['a name', NAME, `; persistUntil=${SECONDS}`],
    ['a wildcard', `*.${NAME}`, '; policy=wildcard'],
  ])('%s is proved by the record that its challenge tells, again and again', async (_, name, more) => {
    const scene = await startScene();
    const { client, add } = scene;
    const identifiers = dns(name);
    add(
      ...txt(at, 'other.example; accounturi=x', `touchstone.test; accounturi=${accountUrl(client)}${more}`),
    );
    for (const _round of [1, 2]) {
      const { order, status, challenge } = await prove(scene, identifiers, 'dns-persist-01', () => {});
      expect(status).toBe('ready');
      expect(challenge).not.toHaveProperty('token');
      await finish(client, order, identifiers);
    }
  });

  test.each([
    ['a wildcard without the policy', `*.${NAME}`, '', 'unauthorized', 'it has no policy=wildcard'],
    [
      'what is over',
      NAME,
      `; persistUntil=${SECONDS - 1}`,
      'unauthorized',
      'it was good until 2030-12-31T23:59:59Z',
    ],
    ['a broken record', NAME, ';', 'malformed', 'is broken: it has an empty parameter'],
  ])('%s fails as %s', async (_, name, more, code, words) => {
    const scene = await startScene();
    const record = `touchstone.test; accounturi=${accountUrl(scene.client)}`;
    scene.add(...txt(at, `${record}${more}`));
    const { error, status } = await prove(scene, dns(name), 'dns-persist-01', () => {});
    expect([status, error.type]).toEqual(['invalid', `urn:ietf:params:acme:error:${code}`]);
    expect(error.detail).toContain(`No valid TXT record found at ${at}: `);
    expect(error.detail).toContain(words);
    const policy = name === NAME ? '' : '; policy=wildcard';
    expect(error.detail).toContain(`Put the TXT record "${record}${policy}" at ${at}.`);
  });

  test("another account's record is no leave", async () => {
    const scene = await startScene();
    const other = await scene.ca.account();
    scene.add(...txt(at, `touchstone.test; accounturi=${accountUrl(other)}`));
    const { error } = await prove(scene, dns(NAME), 'dns-persist-01', () => {});
    expect(error.detail).toContain(`it is for the account "${accountUrl(other)}"`);
  });
});

describe('policy.challengeTypes', () => {
  test('what is not switched on is not offered, and what nothing is left for is not ordered', async () => {
    const { ca, client } = await startScene({ policy: { challengeTypes: ['http-01', 'dns-persist-01'] } });
    const order = await placeOrder(client, dns(NAME, `*.${NAME}`));
    const offered = await Promise.all(order.authorizations.map((path) => challengesOf(client, path)));
    expect(offered.map((each) => each.map(({ type }) => type))).toEqual([
      ['http-01', 'dns-persist-01'],
      ['dns-persist-01'],
    ]);
    const only = await startScene({ policy: { challengeTypes: ['dns-01'] } });
    const identifiers = [...dns(NAME), ...ip('127.0.0.1')];
    const refused = await requireRefused(only.ca, [400, 'rejectedIdentifier'], () =>
      only.client.post('/acme/new-order', { identifiers }),
    );
    expect(refused.json.subproblems).toMatchObject([
      {
        identifier: { type: 'ip', value: '127.0.0.1' },
        type: 'urn:ietf:params:acme:error:rejectedIdentifier',
      },
    ]);
    expect(refused.json.detail).toContain('this CA offers dns-01 alone (policy.challengeTypes)');
    expect(ca.complaints).toEqual([]);
  });
});
