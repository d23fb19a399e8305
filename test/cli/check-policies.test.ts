import { expect, onTestFinished, test } from 'vitest';
import type { CheckDocument } from '../../src/cli/check-json.ts';
import { hasIpv6Loopback } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startWebServer } from '../support/web-server.ts';
import { runCheck } from './run-check.ts';

/** A web server at 127.0.0.1 that knows no token. */
async function notFoundServer(): Promise<SeenServer> {
  const server = await startWebServer('127.0.0.1', 0, (_, response) => response.writeHead(404).end());
  onTestFinished(() => server.stop());
  return server;
}

const settings = ({ port }: SeenServer) => ({
  host: ['a.test=127.0.0.1'],
  set: [`validation.httpPort=${port}`],
});

/** How many rows of a terminal of 100 columns a text takes. */
const rowsOf100 = (text: string): number =>
  text.split('\n').reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / 100)), -1);

test.skipIf(!(await hasIpv6Loopback()))(
  '--policy all says where the policies part, and then tells the story of the configured one',
  async () => {
    const { port } = await notFoundServer();
    const set = [`validation.httpPort=${port}`, 'validation.addressPolicy=boulder'];
    const { ok, out } = await runCheck('a.test', { policy: 'all', set, host: ['a.test=127.0.0.1,::1'] });
    // The configured policy's verdict is the check's.
    expect(ok).toBe(true);
    const lines = out.replaceAll(String(port), 'PORT').split('\n');
    expect(lines.slice(0, 9).map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
      'policy | connections in order | rule on a retry | verdict',
      'documented | [::1]:PORT refused | no-retry-on-other-errors | connection-refused',
      'boulder | [::1]:PORT refused | departs from no-retry-on-other-errors',
      ' | 127.0.0.1:PORT status 404 | OK',
      'every-hop | [::1]:PORT refused | departs from no-retry-on-other-errors',
      ' | 127.0.0.1:PORT status 404 | OK',
      'never | [::1]:PORT refused | no-retry-on-other-errors | connection-refused',
      'They part after the first connection (IPv6: refused): "documented" and "never" stop; "boulder" and "every-hop" go on to 127.0.0.1:PORT over IPv4.',
      '',
    ]);
    expect(lines[9]).toContain('address policy "boulder"');
    expect(rowsOf100(out)).toBeLessThanOrEqual(25);
    expect(out).toContain('  Note: Only a retry led there: [::1]:');
  },
);

test('--policy names one policy in place of the configured one', async () => {
  const { out } = await runCheck('a.test', { ...settings(await notFoundServer()), policy: 'never' });
  expect(out.split('\n')[0]).toContain('address policy "never"');
  expect(out).not.toContain('connections in order');
});

test('--json has the verdict, the record and its story, and with --policy all every policy', async () => {
  const server = await notFoundServer();
  const one: CheckDocument = JSON.parse((await runCheck('a.test', { ...settings(server), json: true })).out);
  expect(one).toEqual({
    name: 'a.test',
    ok: true,
    verdict: expect.stringMatching(/^this CA reaches the web server at/),
    cautions: [],
    identifier: { type: 'dns', value: 'a.test' },
    wildcard: false,
    type: 'http-01',
    policy: 'documented',
    record: expect.objectContaining({ failure: expect.objectContaining({ class: 'status', status: 404 }) }),
    story: expect.arrayContaining([{ role: 'passed', text: `OK: ${one.verdict}` }]),
  });
  const all: CheckDocument = JSON.parse(
    (await runCheck('a.test', { ...settings(server), json: true, policy: 'all' })).out,
  );
  const connection = {
    hostname: 'a.test',
    address: '127.0.0.1',
    family: 'ipv4',
    port: server.port,
    outcome: 'status 404',
  };
  expect(all.policies).toEqual(
    ['documented', 'boulder', 'every-hop', 'never'].map((policy) => ({
      policy,
      ok: true,
      connections: [connection],
    })),
  );
  expect(all.comparison).toBe(
    'All four policies agree: there was one address to connect to, and nothing to choose.',
  );
});
