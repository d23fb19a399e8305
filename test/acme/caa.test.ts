import { expect, onTestFinished, test } from 'vitest';
import {
  csrFor,
  dns,
  finish,
  issue,
  placeOrder,
  proveByHttp,
  read,
  readyOrder,
} from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { ZoneTable } from '../support/dns-server.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import type { Settings } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2031, 0, 1);
const NAMES = dns('one.zone.test', 'two.zone.test');
const ADDRESSES = {
  'one.zone.test': { A: ['127.0.0.1'] },
  'two.zone.test': { A: ['127.0.0.1'] },
  'zone.test': {},
  test: {},
};

/** A CA that asks a DNS server of the test, whose CAA at zone.test can change, and whose calendar can be put ahead. */
async function startCa(settings: Settings = {}, caa: readonly string[] = []) {
  let records = caa;
  let aheadMs = 0;
  const zone = (): ZoneTable => ({ ...ADDRESSES, 'zone.test': { CAA: records } });
  const server = await startDnsServer((query) => answerFrom(zone())(query));
  onTestFinished(() => server.stop());
  const ca = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: { dns: { servers: [server.server] }, ...settings },
    world: { clock: { now: () => START + aheadMs } },
  });
  return {
    ca,
    client: await ca.account(),
    putAhead: (ms: number) => {
      aheadMs += ms;
    },
    setCaa: (...values: readonly string[]) => {
      records = values;
    },
    caaQuestions: () => server.queries.filter(({ type }) => type === 'CAA').length,
  };
}

async function identitiesOf({ ca }: Awaited<ReturnType<typeof startCa>>): Promise<unknown> {
  const { meta } = Object(await (await ca.fetch(`${ca.base}/dir`)).json());
  return meta.caaIdentities;
}

test('the directory names the identity that CAA records must have, and one that has it allows', async () => {
  const scene = await startCa({}, ['0 issue "touchstone.test"']);
  expect(await identitiesOf(scene)).toEqual(['touchstone.test']);
  await issue(scene.ca, scene.client, NAMES);
});

test('caa.identities: they are advertised in lower case, and each allows', async () => {
  const identities = ['CA.example', 'old.example'];
  const scene = await startCa({ caa: { identities } });
  expect(await identitiesOf(scene)).toEqual(['ca.example', 'old.example']);
  for (const identity of identities) {
    scene.setCaa(`0 issue "${identity}"`);
    await issue(scene.ca, scene.client, NAMES);
  }
});

test('caa.enabled=false: nothing is advertised, nobody is asked, and what forbids does not', async () => {
  const scene = await startCa({ caa: { enabled: false } }, ['0 issue ";"']);
  expect(await identitiesOf(scene)).toBeUndefined();
  const order = await readyOrder(scene.ca, scene.client, NAMES);
  scene.putAhead(9 * HOUR);
  await finish(scene.client, order, NAMES);
  expect(scene.caaQuestions()).toBe(0);
});

test('a record for another CA fails the challenge with a caa problem that shows it', async () => {
  const { ca, client } = await startCa({}, ['0 issue "other.example"']);
  const order = await placeOrder(client, dns('one.zone.test'));
  await proveByHttp(ca, client, order);
  const [authorization = ''] = order.authorizations;
  const { status, challenges } = Object(await read(client, authorization));
  expect(status).toBe('invalid');
  expect(challenges[0]).toMatchObject({
    type: 'http-01',
    status: 'invalid',
    error: {
      type: 'urn:ietf:params:acme:error:caa',
      status: 403,
      detail:
        'While processing CAA for one.zone.test: CAA record for zone.test prevents issuance: ' +
        'zone.test. CAA 0 issue "other.example" (no record there names this CA, touchstone.test). ' +
        'Add the record zone.test. CAA 0 issue "touchstone.test"; one that allows is enough.',
    },
  });
});

test('accounturi is the URL of the account as its client knows it, and validationmethods the challenge', async () => {
  const { ca, client, setCaa } = await startCa();
  const other = await ca.account();
  setCaa(`0 issue "touchstone.test; accounturi=${client.kid}; validationmethods=http-01"`);
  await issue(ca, client, NAMES);
  const refused = await placeOrder(other, NAMES);
  await proveByHttp(ca, other, refused);
  const { error } = Object(await read(other, refused.path));
  expect(error).toMatchObject({ type: 'urn:ietf:params:acme:error:caa' });
  expect(error.detail).toContain(`it names another account than ${other.kid}`);
});

test('finalize asks nobody about CAA while the checks are 8 hours old at most', async () => {
  const { ca, client, putAhead, setCaa, caaQuestions } = await startCa();
  const order = await readyOrder(ca, client, NAMES);
  expect(caaQuestions(), 'of two names, three levels each').toBe(6);
  setCaa('0 issue ";"');
  putAhead(8 * HOUR);
  await finish(client, order, NAMES);
  expect(caaQuestions()).toBe(6);
});

test('finalize asks again when they are older: what forbids is a caa problem, and the order stays ready', async () => {
  const { ca, client, putAhead, setCaa, caaQuestions } = await startCa();
  const order = await readyOrder(ca, client, NAMES);
  putAhead(8 * HOUR + 1);
  setCaa('0 issue "other.example"');
  const csr = csrFor(NAMES);
  const answer = await requireRefused(ca, [403, 'caa'], () => client.post(order.finalize, { csr }));
  expect(answer.json.subproblems).toEqual(
    NAMES.map((identifier) => ({
      type: 'urn:ietf:params:acme:error:caa',
      identifier,
      detail: expect.stringContaining(
        `While processing CAA for ${identifier.value}: CAA record for zone.test`,
      ),
    })),
  );
  expect(caaQuestions()).toBe(12);
  expect(ca.complaints.filter((line) => line.startsWith('issuance stopped by CAA'))).toHaveLength(2);
  expect((await read(client, order.path)).status).toBe('ready');
  setCaa(`0 issue "touchstone.test; accounturi=${client.kid}"`);
  await finish(client, order, NAMES);
});

test('caa.recheckAfterSeconds says how old they may be', async () => {
  const { ca, client, putAhead, setCaa } = await startCa({ caa: { recheckAfterSeconds: 60 } });
  const order = await readyOrder(ca, client, dns('one.zone.test'));
  setCaa('0 issue ";"');
  putAhead(61_000);
  const csr = csrFor(dns('one.zone.test'));
  const { json } = await requireRefused(ca, [403, 'caa'], () => client.post(order.finalize, { csr }));
  expect(json.subproblems).toBeUndefined();
  expect(json.detail).toContain('zone.test. CAA 0 issue ";"');
});
