import type { KeyObject } from 'node:crypto';
import { expect } from 'vitest';
import { generateAccountKey } from '../../src/jws/sign.ts';
import { csrFor } from '../support/acme-orders.ts';
import type { FuzzWorld } from './fuzz-world.ts';
import { READY_NAMES, whileStatus } from './fuzz-world.ts';

/** A valid request of the protocol, before it is spoilt. */
export interface Step {
  readonly path: string;
  /** Undefined for a POST-as-GET. */
  readonly payload: unknown;
  readonly signer: { readonly key: KeyObject; readonly header: object };
  /** The problem types that a spoilt payload may have beside `malformed`. */
  readonly codes: readonly string[];
  /** Checks what a success has made, and forgets what it has used up. */
  readonly accept: (body: Readonly<Record<string, unknown>>) => Promise<void> | void;
}

type Prepare = (world: FuzzWorld) => Promise<Step>;

const nothing = (): void => undefined;

export const STEPS = {
  newAccount: async () => {
    const { privateKey, jwk } = await generateAccountKey('ES256');
    return {
      path: '/acme/new-account',
      payload: { contact: ['mailto:a@example.com'], termsOfServiceAgreed: true, onlyReturnExisting: false },
      signer: { key: privateKey, header: { jwk } },
      codes: ['invalidContact', 'unsupportedContact', 'accountDoesNotExist'],
      accept: requireAccount,
    };
  },
  newOrder: async (world) => ({
    path: '/acme/new-order',
    payload: {
      identifiers: [
        { type: 'dns', value: 'a.localhost' },
        { type: 'dns', value: '*.b.localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ],
      notBefore: new Date(Date.now() + 60_000).toISOString(),
      notAfter: new Date(Date.now() + 3_600_000).toISOString(),
    },
    signer: byAccount(world.client),
    codes: ['rejectedIdentifier', 'unsupportedIdentifier'],
    accept: requireNormalisedOrder,
  }),
  readAuthorization: async (world) => ({
    path: (await world.pendingOrder()).authorization,
    payload: undefined,
    signer: byAccount(world.client),
    codes: [],
    accept: ({ status }) => {
      if (status !== 'pending') world.spend('pendingOrder');
    },
  }),
  deactivateAuthorization: async (world) => ({
    path: (await world.pendingOrder()).authorization,
    payload: { status: 'deactivated' },
    signer: byAccount(world.client),
    codes: [],
    accept: () => world.spend('pendingOrder'),
  }),
  challenge: async (world) => {
    const { challenge, authorization } = await world.pendingOrder();
    return {
      path: challenge,
      payload: {},
      signer: byAccount(world.client),
      codes: [],
      accept: async ({ status }) => {
        if (status === 'pending') return;
        // Nothing answers for the token; the outcome is written before the next case looks for writes.
        await whileStatus(world.client, authorization, 'pending');
        world.spend('pendingOrder');
      },
    };
  },
  finalize: async (world) => ({
    path: (await world.readyOrder()).finalize,
    payload: { csr: csrFor(READY_NAMES) },
    signer: byAccount(world.client),
    codes: ['badCSR'],
    accept: () => world.spend('readyOrder'),
  }),
  finalizePending: async (world) => ({
    path: (await world.pendingOrder()).finalize,
    payload: { csr: csrFor(READY_NAMES) },
    signer: byAccount(world.client),
    codes: ['orderNotReady'],
    accept: () => expect.fail('a pending order was finalized'),
  }),
  revoke: async (world) => ({
    path: '/acme/revoke-cert',
    payload: { certificate: (await world.certificate()).der.toString('base64url'), reason: 1 },
    signer: byAccount(world.client),
    codes: ['badRevocationReason', 'alreadyRevoked'],
    accept: () => world.spend('certificate'),
  }),
  updateAccount: async (world) => {
    const client = await world.updatable();
    return {
      path: new URL(String(client.kid)).pathname,
      payload: { contact: ['mailto:b@example.com'] },
      signer: byAccount(client),
      codes: ['invalidContact', 'unsupportedContact'],
      accept: (body) => {
        requireAccount(body);
        if (body.status !== 'valid') world.spend('updatable');
      },
    };
  },
  readOrder: async (world) => reading(world, (await world.readyOrder()).path),
  readForeignOrder: async (world) => ({
    ...reading(world, (await world.foreignOrder()).path),
    accept: () => expect.fail("another account's order was shown"),
  }),
  readCertificate: async (world) => reading(world, (await world.certificate()).path),
  readDirectory: async (world) => reading(world, '/dir'),
  readNonce: async (world) => reading(world, '/acme/new-nonce'),
} as const satisfies Record<string, Prepare>;

export type StepName = keyof typeof STEPS;

function reading(world: FuzzWorld, path: string): Step {
  return { path, payload: undefined, signer: byAccount(world.client), codes: [], accept: nothing };
}

function byAccount(client: FuzzWorld['client']): Step['signer'] {
  return { key: client.key.privateKey, header: { kid: client.kid } };
}

function requireAccount({ status, contact }: Readonly<Record<string, unknown>>): void {
  expect(status).toMatch(/^(?:valid|deactivated)$/);
  for (const each of Array.isArray(contact) ? contact : []) expect(each).toMatch(/^mailto:[!-~]+@[!-~]+$/i);
}

/** RFC 8555 section 7.1.3: whatever was written, the order has each identifier once, in the one form that it has. */
function requireNormalisedOrder(order: Readonly<Record<string, unknown>>): void {
  const identifiers: readonly unknown[] = Array.isArray(order.identifiers) ? order.identifiers : [];
  const written = identifiers.map((identifier) => `${Object(identifier).type} ${Object(identifier).value}`);
  expect(written.length).toBeGreaterThan(0);
  expect(new Set(written).size).toBe(written.length);
  for (const each of written)
    expect(each).toMatch(
      /^(?:dns (?:\*\.)?(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}|ip [0-9a-f:.]+)$/,
    );
  expect(order.authorizations).toHaveLength(written.length);
  expect(order.status).toBe('pending');
}
