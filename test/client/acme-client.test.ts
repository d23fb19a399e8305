import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { accountKeyOf } from '../../src/client/account-key.ts';
import { RefusedError } from '../../src/client/client-error.ts';
import type { AcmeClientOptions } from '../../src/client/create-acme-client.ts';
import { createAcmeClient } from '../../src/client/create-acme-client.ts';
import { generateAccountKey } from '../../src/jws/sign.ts';
import { immediateTimer } from './immediate-timer.ts';
import type { ScriptedServer } from './scripted-server.ts';
import { startScriptedServer } from './scripted-server.ts';

const badNonce = {
  status: 400,
  body: { type: 'urn:ietf:params:acme:error:badNonce', detail: 'used before' },
};
const names = [{ type: 'dns', value: 'a.example' }];

async function clientOf(server: ScriptedServer, options: Partial<AcmeClientOptions> = {}) {
  const client = createAcmeClient({
    directoryUrl: server.directoryUrl,
    accountKey: await generateAccountKey(),
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

function orderOf(server: ScriptedServer, status: string, more: object = {}) {
  return {
    status,
    identifiers: names,
    authorizations: [`${server.url}/authz/1`],
    finalize: `${server.url}/finalize`,
    ...more,
  };
}

test('reads the directory once, and names the account by its URL after newAccount', async () => {
  const server = await startScriptedServer();
  server.script('/new-order', {
    status: 201,
    headers: { location: '/order/1' },
    body: orderOf(server, 'pending'),
  });
  const client = await clientOf(server);

  const account = await client.newAccount({ contacts: ['mailto:a@b.example'] });
  const order = await client.newOrder(names);

  expect(account).toMatchObject({ url: `${server.url}/account/1`, created: true, status: 'valid' });
  expect(order.url).toBe(`${server.url}/order/1`);
  expect(server.requests.filter((request) => request.path === '/dir')).toHaveLength(1);
  const [first, second] = server.requests.filter((request) => request.method === 'POST');
  expect(first?.header).toMatchObject({ alg: 'ES256', url: `${server.url}/new-account`, jwk: { kty: 'EC' } });
  expect(first?.payload).toEqual({ termsOfServiceAgreed: true, contact: ['mailto:a@b.example'] });
  expect(second?.header).toMatchObject({ kid: `${server.url}/account/1` });
  expect(second?.header).not.toHaveProperty('jwk');
});

test('uses each nonce once, asks for one only when it has none, and keeps one connection', async () => {
  const server = await startScriptedServer();
  server.script('/order/1', { body: orderOf(server, 'pending') });
  const client = await clientOf(server);
  await client.newAccount();
  await client.order(`${server.url}/order/1`);
  await client.order(`${server.url}/order/1`);

  const nonces = server.requests.flatMap((request) => request.header?.nonce ?? []);
  expect(new Set(nonces).size).toBe(3);
  expect(server.requests.filter((request) => request.path === '/nonce')).toHaveLength(1);
  expect(server.connections()).toBe(1);
});

test("retries a badNonce with the refusal's own nonce", async () => {
  const server = await startScriptedServer();
  server.script(
    '/new-account',
    { ...badNonce, headers: { 'replay-nonce': 'fresh' } },
    { status: 200, headers: { location: '/account/7' }, body: { status: 'valid' } },
  );
  const client = await clientOf(server);
  const account = await client.newAccount();
  expect(account).toMatchObject({ url: `${server.url}/account/7`, created: false });
  const posts = server.requests.filter((request) => request.method === 'POST');
  expect(posts.map((request) => request.header?.nonce)).toEqual(['nonce-2', 'fresh']);
});

test('gives up on a server that refuses every nonce', async () => {
  const server = await startScriptedServer();
  server.script('/new-account', badNonce);
  const client = await clientOf(server);
  await expect(client.newAccount()).rejects.toThrow('used before (badNonce)');
  expect(server.requests.filter((request) => request.method === 'POST')).toHaveLength(4);
});

test('throws the problem document, with a line for each subproblem', async () => {
  const server = await startScriptedServer();
  const problem = {
    type: 'urn:ietf:params:acme:error:rejectedIdentifier',
    detail: 'one of two names is refused',
    subproblems: [
      {
        type: 'urn:ietf:params:acme:error:rejectedIdentifier',
        detail: 'no public suffix',
        identifier: { type: 'dns', value: 'b.example' },
      },
    ],
  };
  server.script('/new-order', { status: 400, body: problem });
  const client = await clientOf(server);
  await client.newAccount();
  const error = await client.newOrder(names).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({ status: 400, problem });
  expect(String(error)).toContain('one of two names is refused (rejectedIdentifier)');
  expect(String(error)).toContain('b.example: no public suffix (rejectedIdentifier)');
});

test('polls a pending authorization as Retry-After says, in seconds or by date', async () => {
  const server = await startScriptedServer();
  const timer = immediateTimer();
  const authorization = { identifier: names[0], challenges: [] };
  const pending = { ...authorization, status: 'pending' };
  server.script(
    '/authz/1',
    { headers: { 'retry-after': '3' }, body: pending },
    {
      headers: {
        'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT',
        date: 'Fri, 31 Dec 1999 23:59:52 GMT',
      },
      body: pending,
    },
    { body: pending },
    { body: pending },
    { body: { ...authorization, status: 'valid' } },
  );
  const client = await clientOf(server, { timer });
  await client.newAccount();
  const decided = await client.awaitAuthorization(`${server.url}/authz/1`);
  expect(decided.status).toBe('valid');
  const [, first, second, third, fourth] = timer.waits;
  expect([first, second]).toEqual([3000, 7000]);
  expect(fourth).toBeGreaterThan(third ?? 0);
});

test('stops polling when the time for it is over', async () => {
  const server = await startScriptedServer();
  server.script('/authz/1', {
    headers: { 'retry-after': '4' },
    body: { status: 'pending', identifier: names[0], challenges: [] },
  });
  const client = await clientOf(server, { timer: immediateTimer(), pollTimeoutMs: 10_000 });
  await client.newAccount();
  await expect(client.awaitAuthorization(`${server.url}/authz/1`)).rejects.toThrow(
    'the authorization was not decided within 10 s',
  );
  expect(server.requests.filter((request) => request.path === '/authz/1')).toHaveLength(3);
});

test('takes the answer of finalize as the order, and polls only while it is processing', async () => {
  const server = await startScriptedServer();
  const valid = orderOf(server, 'valid', { certificate: `${server.url}/cert/1` });
  server.script('/finalize', { body: valid });
  server.script('/order/1', { body: orderOf(server, 'processing') }, { body: valid });
  const client = await clientOf(server, { timer: immediateTimer() });
  await client.newAccount();
  const order = { ...orderOf(server, 'ready'), status: 'ready', url: `${server.url}/order/1` } as const;

  expect((await client.finalize(order, Buffer.from('csr'))).certificate).toBe(`${server.url}/cert/1`);
  expect(server.requests.filter((request) => request.path === '/order/1')).toHaveLength(0);
  expect(server.requests.at(-1)?.payload).toEqual({ csr: Buffer.from('csr').toString('base64url') });

  server.script('/finalize', { body: orderOf(server, 'processing') });
  expect((await client.finalize(order, Buffer.from('csr'))).status).toBe('valid');
  expect(server.requests.filter((request) => request.path === '/order/1')).toHaveLength(2);
});

test("throws the order's own error when it becomes invalid", async () => {
  const server = await startScriptedServer();
  const error = { type: 'urn:ietf:params:acme:error:badCSR', detail: 'a name too many' };
  server.script('/finalize', { body: orderOf(server, 'invalid', { error }) });
  const client = await clientOf(server);
  await client.newAccount();
  const order = { ...orderOf(server, 'ready'), status: 'ready', url: `${server.url}/order/1` } as const;
  await expect(client.finalize(order, Buffer.from('csr'))).rejects.toThrow('a name too many (badCSR)');
});

test("revokes by the account's key, or by the certificate's own", async () => {
  const server = await startScriptedServer();
  server.script('/revoke', {});
  const client = await clientOf(server);
  await client.newAccount();
  await client.revoke(Buffer.from('der'), { reason: 4 });
  await client.revoke(Buffer.from('der'), {
    certificateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  });
  const [byAccount, byKey] = server.requests.filter((request) => request.path === '/revoke');
  expect(byAccount?.header).toMatchObject({ kid: `${server.url}/account/1` });
  expect(byAccount?.payload).toEqual({ certificate: 'ZGVy', reason: 4 });
  expect(byKey?.header).toMatchObject({ alg: 'RS256', jwk: { kty: 'RSA' } });
  expect(byKey?.payload).toEqual({ certificate: 'ZGVy' });
});

test('sends again when the server had closed the kept connection', async () => {
  const server = await startScriptedServer();
  server.script('/order/1', { breakConnection: true }, { body: orderOf(server, 'ready') });
  const client = await clientOf(server);
  await client.newAccount();
  expect((await client.order(`${server.url}/order/1`)).status).toBe('ready');
});

test('says so when nothing listens, and when the URL is no directory', async () => {
  const server = await startScriptedServer();
  server.script('/page', { body: '<html>' });
  const page = await clientOf(server, { directoryUrl: `${server.url}/page` });
  await expect(page.directory()).rejects.toThrow('Is this the URL of an ACME directory?');
  const nobody = await clientOf(server, { directoryUrl: 'http://127.0.0.1:1/dir' });
  await expect(nobody.directory()).rejects.toThrow('nothing listens there (connection refused)');
});

test('trusts the given CA alone, and says which flag to use for an unknown one', async () => {
  const tls = await selfSigned();
  const server = await startScriptedServer(tls);
  const trusting = await clientOf(server, { apiCa: tls.cert });
  await expect(trusting.newAccount()).resolves.toMatchObject({ status: 'valid' });
  const stranger = await clientOf(server);
  await expect(stranger.directory()).rejects.toThrow('--api-ca FILE');
});

test.each([
  ['ec', { namedCurve: 'P-384' }, 'ES384'],
  ['ec', { namedCurve: 'P-521' }, 'ES512'],
  ['ed25519', {}, 'EdDSA'],
  ['rsa', { modulusLength: 2048 }, 'RS256'],
] as const)('a key of type %s %o signs with %s', (type, options, algorithm) => {
  const { privateKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
  expect(accountKeyOf(privateKey).algorithm).toBe(algorithm);
});

test('refuses a key that no ACME server takes', () => {
  const { privateKey } = generateKeyPairSync('x25519');
  expect(() => accountKeyOf(privateKey)).toThrow('Use a private key on P-256');
});

async function selfSigned(): Promise<{ readonly key: string; readonly cert: string }> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=scripted server',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true),
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    cert: certificate.toString('pem'),
  };
}
