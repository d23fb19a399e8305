import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { programPath } from '../../src/application/program-files.ts';
import { startTouchstone } from '../../src/application/start-touchstone.ts';
import { realWorld } from '../../src/application/world.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { freePort } from '../support/free-port.ts';
import { selfSigned } from '../support/self-signed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function start(
  acme: object = {},
  publication: object = {},
  dataFolder = join(temporaryFolder(), 'data'),
  issuance: object = {},
) {
  const running = await startTouchstone({
    config: parseConfiguration({
      acme: { port: 0, ...acme },
      publication: { port: 0, ...publication },
      issuance,
    }),
    world: realWorld(),
    realClock: systemClock,
    dataFolder,
    migrationsFolder: programPath('migrations/sqlite'),
    program: 'touchstone',
    onFatal: (error) => {
      throw error;
    },
  });
  onTestFinished(() => running.stop());
  return { ...running, dataFolder };
}

test('starts with nothing but a data folder and free ports, and two run side by side', async () => {
  const config = parseConfiguration({ acme: { port: 0 }, publication: { port: 0 } });
  const [one, other] = await Promise.all(
    [1, 2].map(() => startTouchstone({ config, dataFolder: join(temporaryFolder(), 'data') })),
  );
  onTestFinished(async () => {
    await one?.stop();
    await other?.stop();
  });
  for (const running of [one, other]) {
    const ca = readFileSync(running?.facts.apiCa ?? '');
    const url = new URL(running?.facts.directory.localhost ?? '');
    const socket = connectTls({ host: 'localhost', port: Number(url.port), ca });
    await once(socket, 'secureConnect');
    socket.destroy();
  }
  expect(one?.facts.directory.localhost).not.toBe(other?.facts.directory.localhost);
  expect(readFileSync(one?.facts.rootCa ?? '')).not.toEqual(readFileSync(other?.facts.rootCa ?? ''));
});

const refusalOf = (...options: Parameters<typeof start>): Promise<unknown> =>
  start(...options).catch((error: unknown) => error);

const portOf = (url: string): number => Number(new URL(url).port);

async function isOpen(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function busyPort(): Promise<number> {
  const other = createServer().listen(0, '0.0.0.0');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  return (other.address() as AddressInfo).port;
}

test('listens on IPv4 and IPv6 with the same port, over HTTPS', async () => {
  const { facts, warnings } = await start();
  const { ipv4 = '', ipv6 = '', localhost } = facts.directory;
  expect(new Set([ipv4, ipv6, localhost].map(portOf)).size).toBe(1);
  expect(await isOpen('127.0.0.1', portOf(ipv4))).toBe(true);
  expect(await isOpen('::1', portOf(ipv6))).toBe(true);
  expect(warnings).toEqual([]);
});

test.each([
  ['127.0.0.1', '::1', 'ipv6'],
  ['::1', '127.0.0.1', 'ipv4'],
] as const)(
  'with acme.addresses=%s alone, %s is not listened on, and the facts have no %s',
  async (address, other, absent) => {
    const { facts, warnings } = await start({ addresses: [address] });
    expect(facts.directory[absent]).toBeUndefined();
    expect(await isOpen(address, portOf(facts.directory.localhost))).toBe(true);
    expect(await isOpen(other, portOf(facts.directory.localhost))).toBe(false);
    expect(warnings).toEqual([]);
  },
);

test('names the page, the issuing certificate, and what keeps the server on this machine', async () => {
  const { facts } = await start();
  expect(facts.page).toBe(facts.directory.localhost.replace(/dir$/, ''));
  const issuer = await fetch(facts.publication);
  expect(new X509Certificate(Buffer.from(await issuer.arrayBuffer())).ca).toBe(true);
  expect(facts.loopbackAddresses).toBe('127.0.0.1,::1');
  expect((await start({ addresses: ['127.0.0.1'] })).facts.loopbackAddresses).toBeUndefined();
});

test('an address that the host lacks is a warning that names the setting', async () => {
  const { facts, warnings } = await start({ addresses: ['127.0.0.1', '2001:db8::1'] });
  expect(facts.directory.ipv6).toBeUndefined();
  expect(warnings).toEqual([expect.stringContaining('cannot listen on 2001:db8::1 (EADDRNOTAVAIL)')]);
  expect(warnings[0]).toContain('--set acme.addresses=127.0.0.1 to be without');
});

test('an address that the host lacks stops a start with acme.requireDualStack, and says which setting', async () => {
  const error = await refusalOf({ addresses: ['127.0.0.1', '2001:db8::1'], requireDualStack: true });
  expect(String(error)).toContain('acme.addresses: cannot listen on 2001:db8::1');
  expect(exitCodeOf(error)).toBe(2);
});

test('a source address of a perspective that the host lacks is a warning that names the key', async () => {
  const perspectives = [
    { name: 'north', sourceIpv4: '127.0.0.1', sourceIpv6: '::1' },
    { name: 'south', sourceIpv4: '192.0.2.9', sourceIpv6: '2001:db8::9' },
  ];
  const running = await startTouchstone({
    config: parseConfiguration({
      acme: { port: 0 },
      publication: { port: 0 },
      validation: { perspectives },
    }),
    dataFolder: join(temporaryFolder(), 'data'),
  });
  onTestFinished(() => running.stop());
  expect(running.warnings).toEqual([
    'this host cannot send from 192.0.2.9 (EADDRNOTAVAIL), so the perspective south corroborates nothing: give it an address of this host by sourceIpv4 in validation.perspectives.',
    expect.stringContaining('cannot send from 2001:db8::9 (EADDRNOTAVAIL)'),
  ]);
});

test('dns-persist-01 without acme.externalUrl is a warning', async () => {
  const running = await startTouchstone({
    config: parseConfiguration({
      acme: { port: 0 },
      publication: { port: 0 },
      policy: { challengeTypes: ['http-01', 'dns-persist-01'] },
    }),
    dataFolder: join(temporaryFolder(), 'data'),
  });
  onTestFinished(() => running.stop());
  expect(running.warnings).toEqual([
    expect.stringContaining('dns-persist-01 is on without acme.externalUrl'),
  ]);
});

test('issuance.keyAlgorithm on a folder whose keys are of another kind is a warning', async () => {
  const { dataFolder, stop } = await start();
  await stop();
  const { warnings } = await start({}, {}, dataFolder, { keyAlgorithm: 'rsa-2048' });
  expect(warnings).toEqual([
    "this folder's CA has ecdsa-p256 keys; issuance.keyAlgorithm=rsa-2048 counts for a new folder only: --data DIR.",
  ]);
});

test('issuance.keyAlgorithm that the keys have, or that nobody chose, is no warning', async () => {
  const chosen = await start({}, {}, undefined, { keyAlgorithm: 'ecdsa-p384' });
  expect(chosen.warnings).toEqual([]);
  await chosen.stop();
  expect((await start({}, {}, chosen.dataFolder)).warnings).toEqual([]);
});

test('a busy ACME port says which setting to change, and nothing is made', async () => {
  const port = await busyPort();
  const dataFolder = join(temporaryFolder(), 'data');
  const error = await refusalOf({ port }, {}, dataFolder);
  expect(String(error)).toContain(`port ${port} is in use`);
  expect(String(error)).toMatch(/adding to the command:\n {2}--set acme\.port=0$/);
  expect(exitCodeOf(error)).toBe(3);
  expect(existsSync(dataFolder)).toBe(false);
});

test('a busy publication port says which setting to change', async () => {
  const error = await refusalOf({}, { port: await busyPort() });
  expect(String(error)).toMatch(/adding to the command:\n {2}--set publication\.port=0$/);
  expect(exitCodeOf(error)).toBe(3);
});

test('ports that are both busy are both named, with one line to paste', async () => {
  const [acme, publication] = [await busyPort(), await busyPort()];
  const error = await refusalOf({ port: acme }, { port: publication });
  expect(String(error)).toContain(
    `port ${acme} is in use on 0.0.0.0 (acme.port), and port ${publication} is`,
  );
  expect(String(error)).toMatch(/\n {2}--set acme\.port=0 --set publication\.port=0$/);
});

test('a data folder in use is told before its busy ports', async () => {
  const port = await freePort();
  const { dataFolder } = await start({ port });
  expect(String(await refusalOf({ port }, {}, dataFolder))).toContain(`in use by process ${process.pid}`);
});

test('one port for both is refused', async () => {
  const error = await refusalOf({ port: 14007 }, { port: 14007 });
  expect(String(error)).toContain(
    'publication.port: must be another port than acme.port, and both are 14007',
  );
  expect(exitCodeOf(error)).toBe(2);
});

test('an address that the host lacks is refused with its setting, without port 0 and without advice on families', async () => {
  const error = await refusalOf({ addresses: ['192.0.2.7'] });
  expect(String(error)).toMatch(
    /acme\.addresses: cannot listen on 192\.0\.2\.7 \(EADDRNOTAVAIL\): [^\n]*--set acme\.addresses=/,
  );
  expect(String(error)).not.toMatch(/family/);
});

test('a data folder in use names the process', async () => {
  const { dataFolder } = await start();
  const error = await refusalOf({}, {}, dataFolder);
  expect(String(error)).toContain(`in use by process ${process.pid}`);
  expect(exitCodeOf(error)).toBe(3);
});

test('of two starts at once on one folder exactly one wins', async () => {
  const dataFolder = join(temporaryFolder(), 'data');
  const both = await Promise.all([refusalOf({}, {}, dataFolder), refusalOf({}, {}, dataFolder)]);
  expect(both.filter((outcome) => outcome instanceof Error)).toHaveLength(1);
});

test('a data folder that is a file is refused with --data', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const error = await refusalOf({}, {}, file);
  expect(String(error)).toMatch(/the data folder .*file: is a file, not a folder.*--data DIR/);
  expect(exitCodeOf(error)).toBe(2);
});

test.skipIf(process.platform === 'win32')(
  "the data folder is the owner's alone, and so are the keys",
  async () => {
    const { dataFolder } = await start();
    expect(statSync(dataFolder).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataFolder, 'keys')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataFolder, 'keys', 'api.key')).mode & 0o777).toBe(0o600);
  },
);

test('own TLS files are what clients see', async () => {
  const own = await selfSigned('localhost');
  const folder = temporaryFolder();
  const tls = { certificate: join(folder, 'c.pem'), key: join(folder, 'k.pem') };
  writeFileSync(tls.certificate, own.cert);
  writeFileSync(tls.key, own.key);
  const { facts } = await start({ tls });
  expect(facts.apiCa).toBeUndefined();
  const socket = connectTls({
    port: portOf(facts.directory.localhost),
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  expect(socket.getPeerX509Certificate()?.subject).toBe('CN=localhost');
  socket.destroy();
});

test('says in the lock where clients of the folder find it, and takes the lock away', async () => {
  const { facts, dataFolder, stop } = await start();
  const lock = JSON.parse(readFileSync(join(dataFolder, 'lock'), 'utf8'));
  expect(lock).toMatchObject({ pid: process.pid, directory: facts.directory, httpPort: 5002 });
  await stop();
  expect(existsSync(join(dataFolder, 'lock'))).toBe(false);
});

test('a stop closes its listeners side by side: a request in flight on one does not hold the other', async () => {
  const { facts, stop } = await start();
  const slow = connectTls({
    port: portOf(facts.directory.localhost),
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  onTestFinished(() => void slow.destroy());
  const head = ['POST /acme/new-account HTTP/1.1', 'Host: localhost', 'Content-Type: application/jose+json'];
  slow.write([...head, 'Content-Length: 100', 'Expect: 100-continue', '', ''].join('\r\n'));
  // The request is under way, and its body is still to come.
  await once(slow, 'data');
  let answer = '';
  slow.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  const stopped = stop();
  while (await isTaken(portOf(facts.publication)));
  slow.write('x'.repeat(100));
  await once(slow, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  await stopped;
});

async function isTaken(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
