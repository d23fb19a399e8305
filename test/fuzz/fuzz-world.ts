import type { KeyObject } from 'node:crypto';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { keyAuthorization } from '../../src/protocol/key-authorization.ts';
import type { PlacedOrder } from '../support/acme-orders.ts';
import { challengeOf, dns, finish, newKey, placeOrder, read } from '../support/acme-orders.ts';
import { AcmeRequests } from '../support/acme-requests.ts';
import type { FuzzTarget } from './fuzz-target.ts';

/** An order that waits for its one challenge. */
export interface PendingOrder extends PlacedOrder {
  readonly authorization: string;
  readonly challenge: string;
}

export interface IssuedCertificate {
  /** Where it is downloaded. */
  readonly path: string;
  readonly der: Buffer;
  readonly key: KeyObject;
}

/** What valid requests are about. Each is made when it is first needed, and again after `spend`. */
export interface FuzzWorld {
  readonly target: FuzzTarget;
  /** Its account stays. */
  readonly client: AcmeRequests;
  /** Its account may be changed, and given up. */
  updatable(): Promise<AcmeRequests>;
  pendingOrder(): Promise<PendingOrder>;
  readyOrder(): Promise<PlacedOrder>;
  certificate(): Promise<IssuedCertificate>;
  /** Of another account. */
  foreignOrder(): Promise<PendingOrder>;
  spend(what: 'updatable' | 'pendingOrder' | 'readyOrder' | 'certificate'): void;
}

export const READY_NAMES: readonly Identifier[] = dns('fuzz.localhost', 'www.fuzz.localhost');

export async function createFuzzWorld(target: FuzzTarget): Promise<FuzzWorld> {
  const client = await newClient(target);
  const kept = new Map<string, Promise<unknown>>();
  const keep = <T>(what: string, make: () => Promise<T>): Promise<T> => {
    const made = kept.get(what) ?? make();
    kept.set(what, made);
    return made as Promise<T>;
  };
  const ready = () => readyOrder(target, client);
  return {
    target,
    client,
    updatable: () => keep('updatable', () => newClient(target)),
    pendingOrder: () => keep('pendingOrder', () => pendingOrder(client)),
    readyOrder: () => keep('readyOrder', ready),
    certificate: () => keep('certificate', async () => issue(client, await ready())),
    foreignOrder: () => keep('foreignOrder', async () => pendingOrder(await newClient(target))),
    spend: (what) => void kept.delete(what),
  };
}

/** A whole issuance, as any client does it; throws unless the certificate comes. */
export async function issueNormally(target: FuzzTarget): Promise<IssuedCertificate> {
  const client = await newClient(target);
  return issue(client, await readyOrder(target, client));
}

async function newClient(target: FuzzTarget): Promise<AcmeRequests> {
  const client = await AcmeRequests.withNewKey(target.base, 'ES256', target.fetch);
  client.spareNonces = [];
  await client.register();
  return client;
}

async function pendingOrder(client: AcmeRequests): Promise<PendingOrder> {
  const order = await placeOrder(client, dns('pending.localhost'));
  const [authorization = ''] = order.authorizations;
  return { ...order, authorization, challenge: (await challengeOf(client, authorization)).path };
}

async function readyOrder(target: FuzzTarget, client: AcmeRequests): Promise<PlacedOrder> {
  const order = await placeOrder(client, READY_NAMES);
  await Promise.all(
    order.authorizations.map(async (authorization) => {
      const { path, token } = await challengeOf(client, authorization);
      target.responder.serve(token, keyAuthorization(token, client.key.thumbprint));
      await client.post(path, {});
      await whileStatus(client, authorization, 'pending');
      target.responder.forget(token);
    }),
  );
  const { status } = await read(client, order.path);
  if (status !== 'ready') throw new Error(`the order is ${String(status)}`);
  return order;
}

async function issue(client: AcmeRequests, order: PlacedOrder): Promise<IssuedCertificate> {
  const { certificate, leaf, key } = await finish(client, order, READY_NAMES, { key: newKey() });
  return { path: certificate, der: leaf.raw, key };
}

/** Reads a resource until it has another status; each read is a round trip, in which the server goes on. */
export async function whileStatus(client: AcmeRequests, path: string, status: string): Promise<void> {
  for (let reads = 0; reads < 5_000; reads += 1) if ((await read(client, path)).status !== status) return;
  throw new Error(`${path} stays ${status}`);
}
