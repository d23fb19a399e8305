import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { keyAuthorization } from '../../src/protocol/key-authorization.ts';
import { createCsr } from '../../src/x509/create-csr.ts';
import type { AcmeAnswer, AcmeRequests } from './acme-requests.ts';
import type { TestCa } from './start-test-ca.ts';

/** An order that was made: paths below the server's base. */
export interface PlacedOrder {
  readonly path: string;
  readonly finalize: string;
  readonly authorizations: readonly string[];
}

export interface IssuedOrder extends PlacedOrder {
  readonly certificate: string;
  readonly chainPem: string;
  readonly leaf: X509Certificate;
  readonly key: KeyObject;
}

type Json = AcmeAnswer['json'];

export function dns(...names: readonly string[]): readonly Identifier[] {
  return names.map((value) => ({ type: 'dns', value }));
}

export function ip(...addresses: readonly string[]): readonly Identifier[] {
  return addresses.map((value) => ({ type: 'ip', value }));
}

/** Makes an order, which must be answered 201. */
export async function placeOrder(
  client: AcmeRequests,
  identifiers: readonly Identifier[],
  validity: { readonly notBefore?: string; readonly notAfter?: string } = {},
): Promise<PlacedOrder> {
  const answer = await client.post('/acme/new-order', { identifiers, ...validity });
  if (answer.status !== 201) throw new Error(`newOrder was answered ${answer.status}: ${answer.text}`);
  return {
    path: pathOf(answer.headers.get('location')),
    finalize: pathOf(answer.json.finalize),
    authorizations: listOf(answer.json.authorizations).map(pathOf),
  };
}

/** Reads a resource, which must be answered 200. */
export async function read(client: AcmeRequests, path: string): Promise<Json> {
  const answer = await client.post(path);
  if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${answer.text}`);
  return answer.json;
}

export interface OfferedChallenge {
  readonly path: string;
  readonly type: string;
  readonly token: string;
}

export async function challengesOf(
  client: AcmeRequests,
  authorization: string,
): Promise<readonly OfferedChallenge[]> {
  const { challenges } = await read(client, authorization);
  return listOf(challenges).map((challenge) => {
    const { url, type, token } = Object(challenge);
    return { path: pathOf(url), type: String(type), token: String(token) };
  });
}

export async function challengeOf(
  client: AcmeRequests,
  authorization: string,
  type = 'http-01',
): Promise<OfferedChallenge> {
  const found = (await challengesOf(client, authorization)).find((each) => each.type === type);
  if (found === undefined) throw new Error(`${authorization} offers no ${type}`);
  return found;
}

/** Has the responder answer for the order's challenges, and each validated by http-01. Resolves when all are decided. */
export async function proveByHttp(ca: TestCa, client: AcmeRequests, order: PlacedOrder): Promise<void> {
  for (const authorization of order.authorizations) {
    const { path, token } = await challengeOf(client, authorization);
    ca.responder.serve(token, keyAuthorization(token, client.key.thumbprint));
    await client.post(path, {});
  }
  await ca.idle();
}

/** An order that waits to be finalized. */
export async function readyOrder(
  ca: TestCa,
  client: AcmeRequests,
  identifiers: readonly Identifier[],
  validity: { readonly notBefore?: string; readonly notAfter?: string } = {},
): Promise<PlacedOrder> {
  const order = await placeOrder(client, identifiers, validity);
  await proveByHttp(ca, client, order);
  const { status } = await read(client, order.path);
  if (status !== 'ready') throw new Error(`the order is ${String(status)}: ${JSON.stringify(ca.complaints)}`);
  return order;
}

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** A CSR for exactly the identifiers, as finalize takes it. */
export function csrFor(
  identifiers: readonly Identifier[],
  privateKey: KeyObject = newKey(),
  commonName?: string,
): string {
  const valuesOf = (type: Identifier['type']) =>
    identifiers.filter((each) => each.type === type).map(({ value }) => value);
  const der = createCsr({
    privateKey,
    dnsNames: valuesOf('dns'),
    ipAddresses: valuesOf('ip'),
    ...(commonName === undefined ? {} : { commonName }),
  });
  return Buffer.from(der).toString('base64url');
}

/** Finalizes a ready order and downloads the certificate. */
export async function finish(
  client: AcmeRequests,
  order: PlacedOrder,
  identifiers: readonly Identifier[],
  { key = newKey(), commonName }: { readonly key?: KeyObject; readonly commonName?: string } = {},
): Promise<IssuedOrder> {
  const finalized = await client.post(order.finalize, { csr: csrFor(identifiers, key, commonName) });
  if (finalized.status !== 200)
    throw new Error(`finalize was answered ${finalized.status}: ${finalized.text}`);
  const certificate = pathOf(finalized.json.certificate);
  const download = await client.post(certificate);
  return { ...order, certificate, chainPem: download.text, leaf: new X509Certificate(download.text), key };
}

/** The whole life of an order by http-01. */
export async function issue(
  ca: TestCa,
  client: AcmeRequests,
  identifiers: readonly Identifier[],
): Promise<IssuedOrder> {
  return finish(client, await readyOrder(ca, client, identifiers), identifiers);
}

/**
 * The certificates of a downloaded chain, followed by the root of the data folder. Throws unless each is signed by the
 * next one and the root by itself, as node's own reader sees it.
 */
export function verifiedChain(ca: TestCa, chainPem: string): readonly X509Certificate[] {
  const pems = chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const root = new X509Certificate(readFileSync(ca.running.facts.rootCa));
  const chain = [...pems.map((pem) => new X509Certificate(pem)), root];
  chain.forEach((certificate, index) => {
    const issuer = chain[index + 1] ?? root;
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
      throw new Error(`certificate ${index} of the chain is not signed by the next one`);
  });
  return chain;
}

/** A URL's path below the server's base. */
export function pathOf(url: unknown): string {
  return new URL(String(url)).pathname;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
