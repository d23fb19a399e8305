import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { programPath, shellCommand } from '../../src/application/program-files.ts';
import type { RunningTouchstone } from '../../src/application/start-touchstone.ts';
import { startTouchstone } from '../../src/application/start-touchstone.ts';
import { realWorld } from '../../src/application/world.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { IssueOptions } from '../../src/cli/issue-command.ts';
import { runIssue } from '../../src/cli/issue-command.ts';
import { systemClock } from '../../src/runtime/clock.ts';
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
      dns: { hosts: { 'refused.example': ['127.0.0.2'] } },
      validation: { httpPort: await freePort() },
    }),
    world: realWorld(),
    realClock: systemClock,
    dataFolder: data,
    migrationsFolder: programPath('migrations/sqlite'),
    program: 'touchstone',
    onFatal: (error) => {
      throw error;
    },
  });
});

afterAll(() => running?.stop());

async function issue(
  names: readonly string[],
  more: Partial<IssueOptions> & { readonly color?: boolean } = {},
) {
  const { color = false, ...options } = more;
  const out = options.out ?? temporaryFolder();
  let said = '';
  const write = (text: string): void => {
    said += text;
  };
  const error = await runIssue({ names, data, out, ...options }, { out: write, err: write, color }).catch(
    (thrown: unknown) => thrown,
  );
  return { out, said, error };
}

test('obtains a certificate from the server of the data folder, for the key beside it', async () => {
  const { out, said, error } = await issue(['first.localhost', '127.0.0.1']);
  expect(error).toBeUndefined();
  const leaf = new X509Certificate(readFileSync(join(out, 'first.localhost.pem')));
  expect(leaf.subjectAltName).toBe('DNS:first.localhost, IP Address:127.0.0.1');
  expect(leaf.checkPrivateKey(createPrivateKey(readFileSync(join(out, 'first.localhost.key'))))).toBe(true);
  expect(said).toContain('✓ proved       first.localhost');
  expect(said).toContain(join(out, 'first.localhost.key'));
  expect(said).not.toContain('\x1b');
});

test('renews into the same files, with the same account and a new key', async () => {
  const { out } = await issue(['again.localhost']);
  const before = readFileSync(join(out, 'again.localhost.key'), 'utf8');
  const { said } = await issue(['again.localhost'], { out });
  expect(said).toMatch(/account +acct_1, known already/);
  expect(readFileSync(join(out, 'again.localhost.key'), 'utf8')).not.toBe(before);
  expect(readdirSync(out)).toHaveLength(2);
});

test('with --json says one line that programs read, and nothing else', async () => {
  const { out, said } = await issue(['json.localhost'], { json: true });
  expect(said.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(said)).toMatchObject({
    names: ['json.localhost'],
    certificate: join(out, 'json.localhost.pem'),
    key: join(out, 'json.localhost.key'),
    notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
});

test('with --json a name that is not proved is one line with the problem and the challenge to explain', async () => {
  const { said, error } = await issue(['good.localhost', 'refused.example'], {
    httpPort: String(await freePort()),
    json: true,
  });
  expect(exitCodeOf(error)).toBe(1);
  expect(said.trimEnd().split('\n')).toHaveLength(1);
  const { names, problem, challenge, failures } = JSON.parse(said);
  expect(names).toEqual(['good.localhost', 'refused.example']);
  expect(problem).toMatchObject({
    type: 'urn:ietf:params:acme:error:connection',
    detail: expect.stringContaining('Connection refused'),
  });
  expect(challenge).toMatch(/^chal_\d+$/);
  expect(failures.map((failure: { name: string }) => failure.name)).toEqual(names);
  expect(failures[0]).toEqual({
    name: 'good.localhost',
    challenge,
    challengeUrl: expect.stringMatching(new RegExp(`^https://.*/${challenge}$`)),
    problem,
  });
});

test("with --json a refused order is the server's problem with its subproblems, without a challenge", async () => {
  const { said } = await issue(['a_b.test', 'good.test', 'c_d.test'], { json: true });
  const document = JSON.parse(said);
  expect(Object.keys(document)).toEqual(['names', 'problem']);
  expect(document.problem).toMatchObject({
    type: 'urn:ietf:params:acme:error:malformed',
    detail: expect.stringContaining('a_b.test'),
    subproblems: [{ identifier: { value: 'a_b.test' } }, { identifier: { value: 'c_d.test' } }],
  });
});

test("with --json a failure that is no server's has the type about:blank and the message", async () => {
  const { said, error } = await issue(['x.localhost'], { json: true, httpPort: '0' });
  expect(exitCodeOf(error)).toBe(2);
  expect(JSON.parse(said)).toEqual({
    names: ['x.localhost'],
    problem: { type: 'about:blank', detail: String(Object(error).message) },
  });
});

test('colours its marks on a terminal', async () => {
  const { said } = await issue(['colour.localhost'], { color: true });
  expect(said).toContain('\x1b[32m✓\x1b[0m');
});

test("when a name is not proved: the CA's reason, the next step, exit code 1, and no file", async () => {
  const { out, said, error } = await issue(['good.localhost', 'refused.example'], {
    httpPort: String(await freePort()),
  });
  expect(said).toContain('✗ not proved   refused.example:');
  expect(String(error)).toContain(`\n  ${shellCommand()} explain good.localhost --data ${data}`);
  expect(exitCodeOf(error)).toBe(1);
  expect(readdirSync(out)).toEqual([]);
});

test('says once what is wrong with a refused order', async () => {
  const one = await issue(['a_b.test']);
  expect(String(one.error)).toMatch(/^RefusedError: Cannot issue for "a_b\.test": [^\n]*$/);
  const two = await issue(['a_b.test', 'good.test', 'c_d.test']);
  expect(String(two.error).match(/Cannot issue for "a_b\.test"/g)).toHaveLength(1);
  expect(String(two.error)).toContain('\n  c_d.test: Cannot issue for "c_d.test"');
});

test('a taken port is exit code 3 and names the flag', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '0.0.0.0');
  await new Promise<void>((resolve) => other.once('listening', resolve));
  onTestFinished(() => void other.close());
  const { error } = await issue(['taken.localhost'], { httpPort: String(port) });
  expect(exitCodeOf(error)).toBe(3);
  expect(String(error)).toContain('--http-port N');
  expect(String(error)).toMatch(/--set validation\.httpPort=N of `serve`, which has to be started again/);
});
