import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { RedirectSettings } from '../../src/policy/redirects.ts';
import { checkRedirect } from '../../src/policy/redirects.ts';
import { ADDRESS_POLICIES } from '../../src/protocol/address-family-rule.ts';
import type { ValidationSettings } from '../support/validation-lab.ts';
import { CHALLENGE_PATH, KEY_AUTHORIZATION, validate } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startWebServer } from '../support/web-server.ts';

const HOST = '127.0.0.1';

const servers: SeenServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function web(answer: Parameters<typeof startWebServer>[2]): Promise<SeenServer> {
  const server = await startWebServer(HOST, 0, answer);
  servers.push(server);
  return server;
}

const at = ({ port }: SeenServer, more: ValidationSettings = {}) =>
  validate({ zone: { 'dual.test': { A: [HOST] } }, httpPort: port, ...more });

/** A server at a third port, which must never see a connection, and one that redirects there. */
async function redirectToThirdPort(host: string, scheme: string, more: ValidationSettings) {
  const forbidden = await web((_, response) => response.end(KEY_AUTHORIZATION));
  const location = `${scheme}://${host}:${forbidden.port}/`;
  const server = await web((_, response) => response.writeHead(302, { location }).end());
  const validation = await at(server, more);
  expect(forbidden.accepted()).toBe(0);
  expect(validation.dialled).toEqual([`${HOST} ${server.port}`]);
  return validation.record.failure;
}

test.each(
  ADDRESS_POLICIES.flatMap((addressPolicy) =>
    ['dual.test', HOST, '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]'].flatMap((host) =>
      ['http', 'https'].map((scheme) => [scheme, host, addressPolicy] as const),
    ),
  ),
)(
  '%s://%s to any other port is refused under %s, and nothing is dialled there',
  async (scheme, host, policy) => {
    expect(await redirectToThirdPort(host, scheme, { addressPolicy: policy })).toMatchObject({
      class: 'redirect',
      refusal: 'port',
    });
  },
);

test('the two ports are those that validation.httpPort and validation.tlsPort say, and the usual ones are not', () => {
  const settings: RedirectSettings = {
    policy: 'boulder',
    httpPort: 8080,
    tlsPort: 8443,
    allowReservedAddresses: true,
    allowAddresses: [],
    denyAddresses: [],
    maxRedirects: 10,
  };
  const portOf = (location: string) => {
    const received = { from: 'http://a.test/', status: 302, location, followed: 0, visited: [] };
    const checked = checkRedirect(received, settings);
    return checked.ok ? checked.value.port : checked.refusal.refusal;
  };
  expect(portOf('http://b.test/')).toBe(8080);
  expect(portOf('https://b.test/')).toBe(8443);
  expect(portOf('https://b.test:8080/')).toBe(8080);
  for (const port of [1, 22, 25, 53, 110, 443, 5001, 5002, 5432, 6379, 8079, 8081, 65_535])
    expect(portOf(`http://b.test:${port}/`)).toBe('port');
});

test('whatever a Location says, nothing but the two ports and no user is asked', () => {
  const part = (...values: readonly string[]) => fc.constantFrom(...values);
  const host = fc.oneof(
    part('b.test', 'B.TEST', '127.0.0.1', '0x7f000001', '[::1]', '[::ffff:10.0.0.1]', 'localhost', ''),
    fc.domain(),
    fc.ipV4(),
  );
  const port = fc.oneof(
    fc.integer({ min: 0, max: 70_000 }).map((number) => `:${number}`),
    part('', ':', ':080', ':5002', ':5001', ':+22', ': 22', ':22@', ':5002@b.test:22'),
  );
  const user = fc.oneof(part('', '@', 'user@', 'user:word@', ':22@', '%40@', 'a@b@'), fc.string());
  const scheme = part('http:', 'https:', 'HTTP:', '', 'ftp:', 'file:', 'javascript:', 'ws:', 'gopher:');
  const composed = fc
    .tuple(scheme, part('//', '/', '', '\\\\', '///', '//\t'), user, host, port, fc.webPath())
    .map((parts) => parts.join(''));
  const reached: number[] = [];
  const check = fc.property(
    fc.oneof(composed, fc.string(), fc.webUrl()),
    fc.constantFrom(...ADDRESS_POLICIES),
    (location, policy) => {
      const settings = {
        policy,
        httpPort: 5002,
        tlsPort: 5001,
        allowReservedAddresses: true,
        allowAddresses: [],
        denyAddresses: [],
        maxRedirects: 10,
      };
      const from = 'http://a.test:5002/x';
      const checked = checkRedirect({ from, status: 302, location, followed: 0, visited: [] }, settings);
      if (!checked.ok) return;
      const { port: dialled, url, hostname, path } = checked.value;
      reached.push(dialled);
      expect([5001, 5002]).toContain(dialled);
      const { username, password } = new URL(url);
      expect([username, password]).toEqual(['', '']);
      expect(hostname).not.toMatch(/[@/\s]/);
      expect(path).toMatch(/^\/[\x21-\x7e]*$/);
    },
  );
  fc.assert(check, { numRuns: 1000 });
  // Enough of them are followed for this to say something.
  expect(reached.length).toBeGreaterThan(100);
});

test('a user and password in a Location are never sent to anybody', async () => {
  const server = await web((request, response) => {
    const location = `http://user:secret@dual.test:${server.port}/y`;
    if (request.url === CHALLENGE_PATH) response.writeHead(302, { location }).end();
    else response.end(KEY_AUTHORIZATION);
  });
  const { passed, record } = await at(server);
  expect(passed).toBe(true);
  expect(server.requests.map(({ url, headers }) => [url, headers.host, headers.authorization])).toEqual([
    [CHALLENGE_PATH, `dual.test:${server.port}`, undefined],
    ['/y', `dual.test:${server.port}`, undefined],
  ]);
  expect(record.steps.filter(({ step }) => step === 'attempt').at(-1)).toMatchObject({
    url: `http://dual.test:${server.port}/y`,
  });
});
