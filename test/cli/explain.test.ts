import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import type { RunningTouchstone } from '../../src/application/start-touchstone.ts';
import { startTouchstone } from '../../src/application/start-touchstone.ts';
import { explain } from '../../src/cli/explain-command.ts';
import { runIssue } from '../../src/cli/issue-command.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let running: RunningTouchstone;
let data: string;

beforeAll(async () => {
  data = join(temporaryFolder(afterAll), 'data');
  running = await startTouchstone({
    config: parseConfiguration({
      acme: { port: 0 },
      publication: { port: 0 },
      dns: { hosts: { 'refused.example': ['127.0.0.1'] } },
      validation: { httpPort: await freePort() },
    }),
    dataFolder: data,
  });
  const silent = { out: () => undefined, err: () => undefined, color: false };
  const out = temporaryFolder(afterAll);
  await runIssue({ names: ['good.localhost'], data, out }, silent);
  // Answers on another port than the one that the server dials.
  const elsewhere = { httpPort: String(await freePort()) };
  await runIssue({ names: ['refused.example'], data, out, ...elsewhere }, silent).catch(() => undefined);
});

afterAll(() => running?.stop());

async function explained(what: string, json = false): Promise<string> {
  let said = '';
  const write = (text: string): void => {
    said += text;
  };
  await explain(what, { data, json }, { out: write, err: write, color: false });
  return said;
}

test('--json has an issued order with its status, names and certificate, and each tried challenge once with record and story', async () => {
  const said = await explained('good.localhost', true);
  expect(JSON.parse(said)).toEqual({
    order: 'order_1',
    status: 'valid',
    names: ['good.localhost'],
    expires: expect.stringMatching(/^\d{4}-.*Z$/),
    certificate: {
      id: 'cert_1',
      serial: expect.stringMatching(/^[0-9a-f]+$/),
      notAfter: expect.stringMatching(/Z$/),
    },
    authorizations: [
      {
        id: 'authz_1',
        identifier: { type: 'dns', value: 'good.localhost' },
        wildcard: false,
        status: 'valid',
        expires: expect.stringMatching(/Z$/),
        challenges: [
          {
            id: 'chal_1',
            type: 'http-01',
            status: 'valid',
            record: expect.objectContaining({ challengeType: 'http-01', steps: expect.any(Array) }),
            story: expect.arrayContaining([{ role: 'passed', text: expect.stringMatching(/^Passed in/) }]),
          },
        ],
      },
    ],
  });
  expect(said.match(/"startedAt"/g)).toHaveLength(1);
});

test('--json of a failed validation has the problem as the API sent it, and the class of the failure', async () => {
  const { status, authorizations } = JSON.parse(await explained('refused.example', true));
  expect(status).toBe('invalid');
  expect(authorizations).toMatchObject([
    {
      status: 'invalid',
      challenges: [
        {
          id: 'chal_4',
          status: 'invalid',
          problem: {
            type: 'urn:ietf:params:acme:error:connection',
            detail: expect.stringMatching(/refused/i),
          },
          failureClass: 'connection-refused',
          record: { failure: { class: 'connect' } },
          story: expect.arrayContaining([{ role: 'more', text: 'docs/diagnosis.md#connection-refused' }]),
        },
      ],
    },
  ]);
});

test('--json of a challenge has its authorization alone, and of an untried one no challenge', async () => {
  const tried = JSON.parse(await explained('chal_1', true));
  expect(Object.keys(tried)).toEqual(['authorizations']);
  expect(tried.authorizations[0].challenges).toHaveLength(1);
  expect(JSON.parse(await explained('chal_5', true)).authorizations[0].challenges).toEqual([]);
});

test.each([
  'cert_1',
  'https://localhost:14000/acme/order/order_1',
  'HTTPS://[::1]:14000/acme/order/order_1/finalize',
  'https://ca.test/behind/a/proxy/acme/cert/cert_1',
])('%s tells the same as order_1', async (what) => {
  expect(await explained(what)).toBe(await explained('order_1'));
});

test.each(['authz', 'chall'])('the URL of an %s tells of it', async (segment) => {
  const id = segment === 'authz' ? 'authz_2' : 'chal_4';
  const told = await explained(`https://localhost:14000/acme/${segment}/${id}`);
  expect(told).toBe(await explained(id));
  expect(told).toMatch(/^authz_2 for refused\.example: invalid/);
});

test.each(['cert_99', 'https://localhost:14000/acme/order/order_99', 'https://good.localhost/'])(
  'the unknown %s is a usage error that names it as it was given',
  async (what) => {
    await expect(explained(what)).rejects.toThrow(UsageError);
    await expect(explained(what)).rejects.toThrow(`nothing is known of ${what} in this data folder`);
  },
);
