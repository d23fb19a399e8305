import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkIdentifiers, orderProblem } from '../../src/policy/names.ts';
import type { ZoneTable } from '../support/dns-server.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { freePort } from '../support/free-port.ts';
import { selfSigned } from '../support/self-signed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';
import { runCheck } from './run-check.ts';

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function started<Server extends { stop(): Promise<void> }>(server: Promise<Server>): Promise<Server> {
  running.push(await server);
  return server;
}

const web = (answer: (response: ServerResponse) => void, address = '127.0.0.1', port = 0) =>
  started(startWebServer(address, port, (_, response) => answer(response)));

/** Settings for a web server, with its name given by --host. */
const at = ({ port, address }: Pick<SeenServer, 'port' | 'address'>, ...set: readonly string[]) => ({
  host: [`a.test=${address}`],
  set: [`validation.httpPort=${port}`, ...set],
});

/** A zone of a DNS server of its own, in which a.test is 127.0.0.1 unless it says otherwise. */
async function zone(table: ZoneTable): Promise<string> {
  const dns = await started(
    startDnsServer(answerFrom({ test: {}, 'a.test': { A: ['127.0.0.1'] }, ...table })),
  );
  return `dns.servers=${dns.server}`;
}

const notFound = (response: ServerResponse): void => {
  response.writeHead(404).end();
};

test('a 404 for a random token is OK: the server is reached, and CAA allows', async () => {
  const server = await web(notFound);
  const { ok, out, err } = await runCheck('a.test', at(server));
  expect({ ok, err }).toEqual({ ok: true, err: '' });
  expect(out).toMatch(/^http-01 for a\.test, .*\n/);
  expect(out).toContain(
    `  OK: this CA reaches the web server at 127.0.0.1:${server.port}, and CAA allows it. It answered with status 404, as was to be expected: there is no order yet.\n`,
  );
  expect(out).not.toMatch(/Failed|Passed|What to change|Note:/);
});

test('every check asks for another token, as the CA does', async () => {
  const server = await web(notFound);
  await runCheck('a.test', at(server));
  await runCheck('a.test', at(server));
  const urls = server.requests.map(({ url }) => url);
  for (const url of urls) expect(url).toMatch(/^\/\.well-known\/acme-challenge\/[\w-]{43}$/);
  expect(new Set(urls).size).toBe(2);
  expect(server.requests[0]?.headers['user-agent']).toBe(
    'Mozilla/5.0 (compatible; Touchstone ACME validation)',
  );
});

test.each<[string, (response: ServerResponse) => void, RegExp, RegExp | undefined]>([
  ['another text', (response) => response.end('hello'), /OK: .*another text/, /Note: It answers with a page/],
  [
    'a long page',
    (response) => response.end('<p>'.repeat(1000)),
    /OK: .*another text/,
    /Note: It answers with a page/,
  ],
  ['nothing', (response) => response.end(), /OK: .*another text/, undefined],
  ['410', (response) => response.writeHead(410).end(), /OK: .*status 410/, undefined],
  ['403', (response) => response.writeHead(403).end(), /OK: .*status 403/, /Note: Status 403 .*everybody/],
  ['503', (response) => response.writeHead(503).end(), /OK: .*status 503/, /Note: Status 503 .*proxy/],
])('a server that answers with %s is reached', async (_what, answer, verdict, note) => {
  const { ok, out } = await runCheck('a.test', at(await web(answer)));
  expect(ok).toBe(true);
  expect(out).toMatch(verdict);
  expect(out.includes('Note:')).toBe(note !== undefined);
  if (note !== undefined) expect(out).toMatch(note);
  expect(out).not.toContain('want "');
});

test('a refused connection is not OK, with its class, what to change, and what a check of a standalone client needs', async () => {
  const port = await freePort();
  const { ok, out } = await runCheck('a.test', at({ address: '127.0.0.1', port }));
  expect(ok).toBe(false);
  const ending = out.slice(out.indexOf('  Not OK: '));
  expect(ending.split('\n')).toEqual([
    `  Not OK: connection-refused: refused at 127.0.0.1:${port}.`,
    expect.stringMatching(/^ {2}What to change: Make a web server listen at 127\.0\.0\.1 port/),
    '  More about it: docs/diagnosis.md#connection-refused',
    expect.stringMatching(/^ {2}Note: If your client listens during the renewal alone/),
    `  Note: This CA dials port ${port} (validation.httpPort); a public one dials 80.`,
    '',
  ]);
});

test('a silent server is not OK', async () => {
  const server = await started(startRawServer('127.0.0.1', 0, () => undefined));
  const { ok, out } = await runCheck('a.test', at(server, 'validation.responseTimeoutMs=100'));
  expect(ok).toBe(false);
  expect(out).toContain('Not OK: silent: ');
});

test('a redirect that is not followed is not OK, and one that is shows where it leads', async () => {
  const target = await web(notFound);
  const redirects = (location: string) => web((response) => response.writeHead(302, { location }).end());
  const elsewhere = await runCheck('a.test', at(await redirects('http://a.test:81/x')));
  expect(elsewhere.ok).toBe(false);
  expect(elsewhere.out).toContain('Not OK: redirect-refused: ');
  expect(elsewhere.out).not.toContain('in place of 404');
  const first = await started(
    startWebServer('127.0.0.1', 0, ({ headers }, response) => {
      if (headers.host?.startsWith('b.test') === true) return response.writeHead(404).end();
      return response.writeHead(302, { location: `http://b.test:${first.port}/x` }).end();
    }),
  );
  const followed = await runCheck('a.test', { ...at(first), host: ['a.test=127.0.0.1', 'b.test=127.0.0.1'] });
  expect(followed.ok).toBe(true);
  expect(followed.out).toContain(
    `OK: this CA reaches the web server at 127.0.0.1:${first.port} of b.test, where a redirect leads,`,
  );
  expect(target.accepted()).toBe(0);
});

test.each([
  ['NXDOMAIN', 3, 'nxdomain'],
  ['SERVFAIL', 2, 'servfail'],
])('a name whose look-up ends with %s is not OK', async (_what, rcode, failureClass) => {
  const dns = await started(startDnsServer(() => ({ rcode })));
  const { ok, out } = await runCheck('a.test', { set: [`dns.servers=${dns.server}`] });
  expect(ok).toBe(false);
  expect(out).toContain(`  Not OK: ${failureClass}: no usable answer about a.test.\n`);
});

test('offline, with a DNS server that nobody is, a check says so and does not hang', async () => {
  const { ok, out } = await runCheck('a.test', { set: [`dns.servers=127.0.0.1:${await freePort()}`] });
  expect(ok).toBe(false);
  expect(out).toContain('Not OK: dns-error: ');
  expect(out).toContain('What to change: Check that the DNS servers of this CA can be reached');
});

test('CAA is asked although nobody could prove anything, and forbids', async () => {
  const server = await web(notFound);
  const dns = await zone({ 'a.test': { A: ['127.0.0.1'], CAA: ['0 issue "other.test"'] } });
  const { ok, out } = await runCheck('a.test', { set: [`validation.httpPort=${server.port}`, dns] });
  expect(ok).toBe(false);
  expect(server.requests).toHaveLength(1);
  expect(out).toContain('status 404');
  expect(out).toContain('  Not OK: caa-forbids: ');
  expect(out).toContain('What to change: ');
});

test('CAA that names accounts is a note, until the account is named', async () => {
  const server = await web(notFound);
  const mine = 'https://ca.test/acct/1';
  const dns = await zone({
    'a.test': { A: ['127.0.0.1'], CAA: [`0 issue "touchstone.test; accounturi=${mine}"`] },
  });
  const asked = (account?: string) =>
    runCheck('a.test', {
      set: [`validation.httpPort=${server.port}`, dns],
      ...(account === undefined ? {} : { account }),
    });
  const unnamed = await asked();
  expect(unnamed.ok).toBe(true);
  expect(unnamed.out).toContain('Note: CAA at a.test lets named accounts alone issue');
  expect(unnamed.out).not.toContain('CAA allows it');
  expect(await asked(mine)).toMatchObject({ ok: true, out: expect.stringContaining('and CAA allows it') });
  expect(await asked('https://ca.test/acct/2')).toMatchObject({
    ok: false,
    out: expect.stringContaining('Not OK: caa-forbids: '),
  });
});

test.each<[string, ZoneTable, RegExp, boolean]>([
  ['no name for a TXT record yet', {}, /There is no TXT record, as was to be expected/, false],
  ['no TXT record yet', { '_acme-challenge.a.test': {} }, /There is no TXT record/, false],
  [
    'an older TXT record',
    { '_acme-challenge.a.test': { TXT: ['old'] } },
    /Of the TXT records there \(1\) none is the one asked for/,
    false,
  ],
  ['a name that is not there at all', { 'a.test': { CNAME: ['gone.test'] } }, /no TXT record/, true],
])('dns-01 for a wildcard is OK with %s', async (_what, table, verdict, isNoted) => {
  const { ok, out } = await runCheck('*.a.test', { set: [await zone(table)] });
  expect(ok).toBe(true);
  expect(out).toMatch(/^dns-01 for a\.test/);
  expect(out).toMatch(/ {2}OK: DNS answers this CA about _acme-challenge\.a\.test, and CAA allows it\. /);
  expect(out).toMatch(verdict);
  expect(out.includes('Note: DNS knows no a.test at all')).toBe(isNoted);
});

test('dns-01 is not OK when DNS fails, or when it never asks DNS about the name', async () => {
  const dns = await started(startDnsServer(() => ({ rcode: 2 })));
  expect(await runCheck('*.a.test', { set: [`dns.servers=${dns.server}`] })).toMatchObject({
    ok: false,
    out: expect.stringContaining('Not OK: servfail: '),
  });
  expect((await runCheck('*.first.localhost')).out).toContain('What to change: Order each host by its name');
  expect(await runCheck('a.localhost', { type: 'dns-01' })).toMatchObject({
    ok: false,
    out: expect.stringContaining('Not OK: no-txt: '),
  });
});

test('tls-alpn-01 is OK with any TLS server, and not with one that speaks no TLS', async () => {
  const credentials = await selfSigned('a.test');
  const server = await started(startWebServer('127.0.0.1', 0, (_, response) => response.end(), credentials));
  const over = ({ port }: { readonly port: number }) => ({
    type: 'tls-alpn-01' as const,
    host: ['a.test=127.0.0.1'],
    set: [`validation.tlsPort=${port}`],
  });
  const tls = await runCheck('a.test', over(server));
  expect(tls).toMatchObject({ ok: true });
  expect(tls.out).toContain(
    `OK: this CA reaches the TLS server at 127.0.0.1:${server.port}, and CAA allows it. It`,
  );
  const plain = await runCheck('a.test', over(await web(notFound)));
  expect(plain).toMatchObject({ ok: false, out: expect.stringContaining('Not OK: not-tls: ') });
});

test('an address is checked without look-ups', async () => {
  const server = await web(notFound);
  const { ok, out } = await runCheck('127.0.0.1', { set: [`validation.httpPort=${server.port}`] });
  expect(ok).toBe(true);
  expect(out).not.toContain('Looked up');
  expect(out).toContain(`OK: this CA reaches the web server at 127.0.0.1:${server.port}. It answered`);
});

test('remote perspectives are asked too: one that comes elsewhere is a note, and one that comes nowhere is counted', async () => {
  const server = await web(notFound);
  const far = await started(startWebServer('127.0.0.2', server.port, (_, response) => response.end('x')));
  const config = join(temporaryFolder(), 'config.json');
  const views = (south: string) => [{ name: 'north' }, { name: 'south', hosts: { 'a.test': [south] } }];
  const checked = (south: string) => {
    writeFileSync(config, JSON.stringify({ validation: { perspectives: views(south) } }));
    return runCheck('a.test', { ...at(server), config });
  };
  const elsewhere = await checked(far.address);
  expect(elsewhere.ok).toBe(true);
  expect(elsewhere.out).toContain('    north: the same at 127.0.0.1:');
  expect(elsewhere.out).toContain(
    `OK: this CA reaches the web server at 127.0.0.1:${server.port}, and 1 of 2 remote perspectives do too (1 found something else, without an obstacle), and CAA allows it. It answered`,
  );
  expect(elsewhere.out).toContain(
    '2 of 2 remote perspectives met no obstacle; nothing was to be proved yet.',
  );
  expect(elsewhere.out).toContain(`south: another address, 127.0.0.2:${server.port}, status 200, in`);
  expect(elsewhere.out).not.toContain('corroborated');
  expect(elsewhere.out).toContain(
    `Note: south reaches 127.0.0.2:${server.port}: if that address is not yours, correct the DNS or route that it sees`,
  );
  const nowhere = await checked('127.0.0.3');
  expect(nowhere.ok).toBe(true);
  expect(nowhere.out).toContain('and 1 of 2 remote perspectives do too');
});

test('--json of what is in the way has its class, its ACME type and what to change', async () => {
  const port = await freePort();
  const { ok, out } = await runCheck('a.test', { ...at({ address: '127.0.0.1', port }), json: true });
  expect(ok).toBe(false);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    failure: {
      class: 'connection-refused',
      type: 'urn:ietf:params:acme:error:connection',
      detail: expect.stringContaining('Connection refused'),
      hint: expect.stringContaining('listen at 127.0.0.1'),
    },
    story: expect.arrayContaining([expect.objectContaining({ role: 'hint' })]),
  });
});

test.each([
  '',
  'a..b',
  'not a name',
  'a\u001b[31m.test',
  `${'a'.repeat(64)}.test`,
  'a.'.repeat(130),
  '*.*.a',
  'bücher.test',
  '1.2.3',
])('%j is refused in the words in which an order for it would be, and nothing is looked up', async (name) => {
  const checked = checkIdentifiers([{ type: 'dns', value: name }], {
    requirePublicSuffix: false,
    challengeTypes: ['http-01'],
    addresses: { allowReservedAddresses: true, allowAddresses: [], denyAddresses: [] },
  });
  if (checked.ok) throw new Error(`unreachable: ${name} is no name`);
  const { code, message } = orderProblem(checked.refusal);
  const dns = await started(startDnsServer(() => ({ rcode: 3 })));
  const set = [`dns.servers=${dns.server}`];
  expect(await runCheck(name, { set })).toEqual({
    ok: false,
    out: `Not OK: an order for it would be refused: ${code}: ${message}\n`,
    err: '',
  });
  expect(message).not.toContain('\u001b');
  const json = await runCheck(name, { set, json: true });
  expect(json.ok).toBe(false);
  expect(JSON.parse(json.out)).toEqual({
    name,
    ok: false,
    verdict: message,
    cautions: [],
    failure: { type: `urn:ietf:params:acme:error:${code}`, detail: message },
  });
  expect(dns.queries).toEqual([]);
});

test('an address with a zone is refused as it was typed', async () => {
  expect(await runCheck('fe80::1%eth0')).toMatchObject({
    ok: false,
    out: expect.stringContaining('"fe80::1%eth0"'),
  });
});
