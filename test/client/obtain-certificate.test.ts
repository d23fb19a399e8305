import { expect, test } from 'vitest';
import type { AcmeClient } from '../../src/client/acme-client.ts';
import { ValidationFailedError } from '../../src/client/client-error.ts';
import type { ObtainStep } from '../../src/client/obtain-certificate.ts';
import { obtainCertificate } from '../../src/client/obtain-certificate.ts';
import type { AuthorizationResource } from '../../src/client/wire.ts';

type Fate = 'valid' | 'invalid' | 'valid-before';

/** A CA as the client sees it, which decides each name as told once its challenge was answered. */
function world(fates: Readonly<Record<string, Fate>>) {
  const served = new Map<string, string>();
  const seenAtResponse: string[] = [];
  const names = Object.keys(fates);
  const order = { url: 'order', identifiers: [], authorizations: names, finalize: 'finalize' } as const;
  const authorizationOf = (name: string, status: AuthorizationResource['status']) => ({
    url: name,
    status,
    identifier: { type: 'dns', value: name },
    challenges: [
      { type: 'dns-01', url: `${name}/dns`, status: 'pending' as const, token: 'other' },
      {
        type: 'http-01',
        url: `${name}/http`,
        status: 'pending' as const,
        token: `token-${name}`,
        ...(status === 'invalid'
          ? { error: { type: 'urn:ietf:params:acme:error:dns', detail: 'gone' } }
          : {}),
      },
    ],
  });
  const client: AcmeClient = {
    directory: () => Promise.reject(new Error('not asked for')),
    newAccount: async () => ({ url: 'account', status: 'valid', created: true }),
    newOrder: async () => ({ ...order, status: 'pending', identifiers: [], authorizations: names }),
    order: () => Promise.reject(new Error('not asked for')),
    authorization: async (name) =>
      authorizationOf(name, fates[name] === 'valid-before' ? 'valid' : 'pending'),
    keyAuthorization: (token) => `${token}.thumb`,
    async respond(url) {
      seenAtResponse.push(`${url} ${[...served].join(' ')}`);
      return { type: 'http-01', url, status: 'processing' };
    },
    awaitAuthorization: async (name) =>
      authorizationOf(name, fates[name] === 'invalid' ? 'invalid' : 'valid'),
    finalize: async () => ({
      ...order,
      status: 'valid',
      identifiers: [],
      authorizations: names,
      certificate: 'cert',
    }),
    certificate: async () => 'PEM',
    revoke: () => Promise.reject(new Error('not asked for')),
    close: () => undefined,
  };
  const steps: ObtainStep[] = [];
  const responder = {
    serve: (token: string, keyAuthorization: string) => void served.set(token, keyAuthorization),
    forget: (token: string) => void served.delete(token),
  };
  const obtain = () =>
    obtainCertificate({
      client,
      responder,
      names,
      csr: Buffer.from('csr'),
      onStep: (step) => steps.push(step),
    });
  return { obtain, steps, served, seenAtResponse };
}

test('serves the key authorization before it answers the challenge, and no longer than needed', async () => {
  const { obtain, served, seenAtResponse } = world({ 'a.example': 'valid' });
  expect(await obtain()).toEqual({
    chainPem: 'PEM',
    accountUrl: 'account',
    orderUrl: 'order',
    certificateUrl: 'cert',
  });
  expect(seenAtResponse).toEqual(['a.example/http token-a.example,token-a.example.thumb']);
  expect(served.size).toBe(0);
});

test('proves nothing again that is valid already, and tells each step in order', async () => {
  const { obtain, steps, seenAtResponse } = world({ 'old.example': 'valid-before', 'new.example': 'valid' });
  await obtain();
  expect(seenAtResponse).toHaveLength(1);
  expect(steps.map((step) => step.step)).toEqual([
    'account',
    'order',
    'authorized',
    'responding',
    'authorized',
    'finalized',
    'downloaded',
  ]);
});

test('reports every name that failed at once, and serves nothing any more', async () => {
  const { obtain, served } = world({ 'a.example': 'invalid', 'b.example': 'valid', 'c.example': 'invalid' });
  const error = await obtain().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ValidationFailedError);
  expect(String(error)).toContain('a.example: gone (dns)');
  expect(String(error)).toContain('c.example: gone (dns)');
  expect(error).toMatchObject({ failures: [{ challengeUrl: 'a.example/http' }, { name: 'c.example' }] });
  expect(served.size).toBe(0);
});
