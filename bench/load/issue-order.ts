import { setTimeout as pause } from 'node:timers/promises';
import type { BenchResponder } from '../world/responder.ts';
import type { Answer } from './http-reader.ts';
import type { GateKind, OrderGate } from './order-gate.ts';
import type { PreparedOrder } from './prepare-orders.ts';
import type { Recorder, Step } from './recorder.ts';
import type { Session } from './session.ts';
import { required } from './session.ts';

export interface IssueContext {
  readonly session: Session;
  readonly newOrderUrl: string;
  readonly responder: BenchResponder;
  readonly gate: OrderGate;
  readonly recorder: Recorder;
}

interface Authorization {
  readonly status: string;
  readonly challenges: readonly { readonly type: string; readonly url: string; readonly token: string }[];
}

interface Order {
  readonly status: string;
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate?: string;
}

/**
 * The client knows its own responder: it polls an authorization when the responder has been quiet about the token for this
 * long. One server may ask once and the other three times; both then have what they need, and neither is charged for
 * polls that came too early. Retry-After is a whole second at least, which no load could wait for: it is not honoured.
 */
const QUIET_MS = 2;
/** Between later polls, of authorizations and orders alike. */
const POLL_MS = 5;
const ARRIVAL_MS = 10_000;
const MOST_POLLS = 2_000;

/** Places an order, proves every name by http-01, and downloads the certificate. Throws when anything goes wrong. */
export async function issueOrder(context: IssueContext, prepared: PreparedOrder): Promise<void> {
  const { session, recorder } = context;
  const start = performance.now();
  const placed = await gated(context, 'order', 'newOrder', context.newOrderUrl, {
    identifiers: prepared.names.map((value) => ({ type: 'dns', value })),
  });
  const orderUrl = required(placed, 'location');
  const order = parse<Order>(placed);
  const proofs = [];
  for (const url of order.authorizations) proofs.push(await startProof(context, url));
  for (const proof of proofs) await finishProof(context, proof);
  let finished = parse<Order>(await session.post('finalize', order.finalize, { csr: prepared.csr }));
  for (let polls = 0; finished.status !== 'valid'; polls += 1) {
    if (finished.status !== 'processing' || polls === MOST_POLLS)
      throw new Error(`the order of ${prepared.names[0]} is ${JSON.stringify(finished)}.`);
    await pause(POLL_MS);
    finished = parse<Order>(await session.post('poll order', orderUrl));
  }
  const { body } = await session.post('certificate', finished.certificate ?? '');
  if (!body.startsWith('-----BEGIN CERTIFICATE-----')) throw new Error(`no certificate came: ${body}`);
  recorder.orderMs.push(performance.now() - start);
}

interface Proof {
  readonly authorizationUrl: string;
  readonly token: string;
}

async function startProof(context: IssueContext, authorizationUrl: string): Promise<Proof> {
  const answer = await gated(context, 'authorization', 'authz', authorizationUrl);
  const challenge = parse<Authorization>(answer).challenges.find(({ type }) => type === 'http-01');
  if (challenge === undefined) throw new Error(`no http-01 challenge: ${answer.body}`);
  const { token, url } = challenge;
  context.responder.serve(token, `${token}.${context.session.thumbprint}`);
  await gated(context, 'authorization', 'challenge', url, {});
  return { authorizationUrl, token };
}

async function finishProof(context: IssueContext, { authorizationUrl, token }: Proof): Promise<void> {
  const { responder } = context;
  await responder.firstRequest(token, ARRIVAL_MS);
  for (let seen = 0; seen !== responder.askedFor(token); ) {
    seen = responder.askedFor(token);
    await pause(QUIET_MS);
  }
  for (let polls = 0; ; polls += 1) {
    const answer = await gated(context, 'authorization', 'poll authz', authorizationUrl);
    const { status } = parse<Authorization>(answer);
    if (status === 'valid') break;
    if (status !== 'pending' || polls === MOST_POLLS)
      throw new Error(`an authorization is not valid: ${answer.body}`);
    await pause(POLL_MS);
  }
  responder.forget(token);
}

async function gated(
  context: IssueContext,
  kind: GateKind,
  step: Step,
  url: string,
  payload?: unknown,
): Promise<Answer> {
  const start = performance.now();
  return context.gate.run(kind, () => {
    context.recorder.step('gate', performance.now() - start);
    return context.session.post(step, url, payload);
  });
}

function parse<T>(answer: Answer): T {
  return JSON.parse(answer.body) as T;
}
