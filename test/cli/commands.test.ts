import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programPath } from '../../src/application/program-files.ts';
import type { CertificateId } from '../../src/protocol/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { freePort } from '../support/free-port.ts';
import type { RunningServer } from '../support/running-server.ts';
import { startServer } from '../support/running-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runTouchstone } from './run-touchstone.ts';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({
    dataFolder: temporaryFolder(afterAll),
    settings: { 'validation.httpPort': await freePort() },
    hosts: { 'refused.example': ['127.0.0.1', '::1'] },
  });
  const out = temporaryFolder(afterAll);
  const issue = (...names: readonly string[]) =>
    runTouchstone(['issue', ...names, '--data', server.dataFolder, '--out', out]);
  expect(await issue('good.localhost')).toMatchObject({ code: 0 });
  // Answers on another port than the one that the server dials.
  const elsewhere = ['--http-port', String(await freePort())];
  expect(await issue('refused.example', ...elsewhere)).toMatchObject({ code: 1 });
});

afterAll(() => server?.kill());

const explain = (...args: readonly string[]) =>
  runTouchstone(['explain', ...args, '--data', server.dataFolder]);

test('--help lists the commands, and each command its flags', async () => {
  const help = await runTouchstone(['--help']);
  expect(help.code).toBe(0);
  for (const command of ['serve', 'root', 'issue', 'explain', 'check', 'version'])
    expect(help.out).toMatch(new RegExp(`^  ${command} `, 'm'));
  const flags: Readonly<Record<string, readonly string[]>> = {
    serve: ['--config', '--data', '--set', '--host', '--ready-file', '--json'],
    root: ['--data', '--json'],
    issue: ['--server', '--api-ca', '--out', '--http-port', '--json'],
    explain: ['--data', '--json'],
    check: ['--type', '--policy', '--account', '--config', '--set', '--host', '--json'],
    version: ['--json'],
  };
  for (const [command, wanted] of Object.entries(flags)) {
    const { code, out } = await runTouchstone([command, '--help']);
    expect(code).toBe(0);
    for (const flag of wanted) expect(out).toContain(`  ${flag}`);
  }
});

test('serve --help lists every key for --set, points at the README, and says where --data is by default', async () => {
  const { out } = await runTouchstone(['serve', '--help']);
  for (const key of ['acme.port', 'acme.tls.names', 'dns.hosts.NAME', 'issuance.root.key', 'log.level'])
    expect(out).toContain(`\n  ${key}\n`);
  expect(out).toMatch(/README's section "Settings"/);
  expect(out).not.toContain('(default: [])');
  expect(out.replace(/\s+/g, ' ')).toContain('(default: touchstone-data, or what TOUCHSTONE_DATA names)');
});

test.each([
  [
    ['serve', '--port', '1'],
    "unknown option '--port'; use --set acme.port=... or --set publication.port=...",
  ],
  [['serve', '--http-port=80'], "unknown option '--http-port=80'; use --set validation.httpPort=..."],
  [['serve', '--acme.port=1'], "unknown option '--acme.port=1'; use --set acme.port=..."],
  [['serve', '--nope'], "unknown option '--nope'; configuration keys are set with --set KEY=VALUE"],
  [['serve', '--jsn'], "unknown option '--jsn'; configuration keys are set with --set KEY=VALUE"],
  [['root', '--nope'], "unknown option '--nope'"],
  [
    ['check', 'a.test', '--http-port=80'],
    "unknown option '--http-port=80'; use --set validation.httpPort=...",
  ],
  [['check'], "missing required argument 'name'"],
  [['issue'], "missing required argument 'name'"],
])('%j is refused as any other mistake is, and serve says how keys are set', async (args, complaint) => {
  const { code, err } = await runTouchstone(args);
  expect(code).toBe(2);
  expect(err.split('\n')[0]).toBe(`touchstone: ${complaint}`);
});

test('an unknown command exits 2 and says where help is', async () => {
  const { code, err } = await runTouchstone(['isue']);
  expect(code).toBe(2);
  expect(err).toMatch(/unknown command 'isue'[\s\S]*\/dist\/cli\/touchstone\.js --help/);
});

test('root prints the issuing root, with --json its file too', async () => {
  const { code, out } = await runTouchstone(['root', '--data', server.dataFolder]);
  expect(code).toBe(0);
  expect(new X509Certificate(out).ca).toBe(true);
  const json = await runTouchstone(['root', '--data', server.dataFolder, '--json']);
  expect(JSON.parse(json.out)).toEqual({ file: server.rootCa, pem: out });
});

test.each([
  ['root', [], 'there is no root certificate at'],
  ['explain', ['x.test'], 'there is no database at'],
  ['issue', ['x.test'], 'no server runs on the data folder'],
])(
  '%s without a data folder exits 2, names the way out, and makes none',
  async (command, args, complaint) => {
    const cwd = temporaryFolder();
    const { code, err } = await runTouchstone([command, ...args], { cwd });
    expect(code).toBe(2);
    expect(err).toContain(complaint);
    expect(err).toContain('--data DIR');
    expect(err).toContain(`/dist/cli/touchstone.js serve --data ${join(cwd, 'touchstone-data')}\``);
    expect(existsSync(join(cwd, 'touchstone-data'))).toBe(false);
  },
);

test.each(['serve', 'root', 'explain x.test', 'issue x.test'])(
  '%s with --data of a file exits 2 and says that it is one',
  async (command) => {
    const { code, err } = await runTouchstone([...command.split(' '), '--data', server.rootCa]);
    expect(code).toBe(2);
    expect(err).toBe(
      `touchstone: --data ${server.rootCa} is a file, not a folder: name the folder itself.\n`,
    );
  },
);

test.each(['nobody.test', 'chal_99', 'order_99', 'authz_99'])(
  'explain of the unknown %s exits 2',
  async (what) => {
    const { code, err } = await explain(what);
    expect(code).toBe(2);
    expect(err).toContain(`nothing is known of ${what}`);
  },
);

test('explain tells a success beside the running server, without colours in a pipe', async () => {
  const { code, out } = await explain('good.localhost');
  expect(code).toBe(0);
  expect(out).toContain('order_1 for good.localhost: valid, certificate cert_1');
  expect(out).toContain('By the rules prefer-ipv6 and');
  expect(out).not.toContain('\x1b');
});

test('explain tells a failure with the rule that ended it, and what to change, by order, authorization and challenge', async () => {
  for (const what of ['refused.example', 'REFUSED.example', 'order_2', 'authz_2']) {
    const { code, out } = await explain(what);
    expect(code).toBe(0);
    expect(out).toContain('authz_2 for refused.example: invalid');
    expect(out).toContain('[rule no-retry-on-other-errors]');
    expect(out).toContain('What to change:');
  }
  const { out } = await explain('refused.example', '--json');
  const { authorizations } = JSON.parse(out);
  const [tried] = authorizations[0].challenges;
  expect(tried.record.failure.class).toBe('connect');
  const one = await explain(tried.id);
  expect(one.out).toContain('[rule no-retry-on-other-errors]');
});

test('explain and root work without a server', async () => {
  await server.stop();
  expect(await explain('good.localhost')).toMatchObject({ code: 0 });
  expect(await runTouchstone(['root', '--data', server.dataFolder])).toMatchObject({ code: 0 });
  const { code, err } = await runTouchstone(['issue', 'x.localhost', '--data', server.dataFolder]);
  expect({ code, err }).toMatchObject({
    code: 2,
    err: expect.stringContaining('no server runs on the data folder'),
  });
});

test('explain tells of a revocation, with the name and the code of its reason', async () => {
  await server.stop();
  const at = Date.UTC(2031, 4, 6, 7, 8, 9);
  const store = await openSqliteStore({
    file: join(server.dataFolder, 'touchstone.db'),
    migrationsFolder: programPath('migrations/sqlite'),
    onFatal: (error) => {
      throw error;
    },
  });
  const { id, serial, notAfter } = (await store.findCertificate(1 as CertificateId)) ?? {};
  await store.revokeCertificate(1 as CertificateId, 4, at);
  await store.close();
  expect((await explain('order_1')).out).toContain(
    'order_1 for good.localhost: valid, certificate cert_1, revoked at 2031-05-06T07:08:09.000Z (superseded, code 4)',
  );
  const { certificate } = JSON.parse((await explain('good.localhost', '--json')).out);
  expect(certificate).toEqual({
    id: `cert_${id}`,
    serial,
    notAfter: new Date(notAfter ?? 0).toISOString(),
    revocation: { reason: 4, at: '2031-05-06T07:08:09.000Z' },
  });
});
