import { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Channel } from '../load/channel.ts';
import type { PreparedOrder } from '../load/prepare-orders.ts';
import type { Recorder } from '../load/recorder.ts';
import type { Directory, Session } from '../load/session.ts';
import { required } from '../load/session.ts';
import type { BenchResponder } from '../world/responder.ts';

/** What requests of every kind need. */
export interface RequestWorld {
  readonly directoryPath: string;
  readonly directory: Directory & { readonly revokeCert: string };
  /** For requests that nobody signs. */
  readonly channels: readonly Channel[];
  readonly sessions: readonly Session[];
  readonly recorder: Recorder;
  readonly responder: BenchResponder;
}

/** An order on its way, with what the answers so far have said. */
export interface OrderInHand {
  readonly prepared: PreparedOrder;
  readonly session: Session;
  orderUrl?: string;
  authorizationUrl?: string;
  finalizeUrl?: string;
  challengeUrl?: string;
  token?: string;
  certificateUrl?: string;
  certificate?: string;
}

/** One kind of request in the life of an order. */
export interface LifeStage {
  readonly kind: string;
  send(world: RequestWorld, hand: OrderInHand): Promise<void>;
  /** Waits for what the server does behind its answers. */
  settle?(world: RequestWorld, hands: readonly OrderInHand[]): Promise<void>;
}

/** A server asks for a token once or three times, and has its verdict soon after the last. */
const QUIET_MS = 200;
const ARRIVAL_MS = 10_000;

/** In this order each has what it needs from those before. */
export const LIFE_STAGES: readonly LifeStage[] = [
  {
    kind: 'newOrder',
    async send({ directory }, hand) {
      const identifiers = hand.prepared.names.map((value) => ({ type: 'dns', value }));
      const answer = await hand.session.post('newOrder', directory.newOrder, { identifiers });
      const order = JSON.parse(answer.body);
      hand.orderUrl = required(answer, 'location');
      hand.authorizationUrl = order.authorizations[0];
      hand.finalizeUrl = order.finalize;
    },
  },
  {
    kind: 'order, POST-as-GET',
    async send(_world, { session, orderUrl }) {
      await session.post('poll order', known(orderUrl));
    },
  },
  {
    kind: 'authorization, POST-as-GET',
    async send({ responder }, hand) {
      const answer = await hand.session.post('authz', known(hand.authorizationUrl));
      const challenges: readonly { readonly type: string; readonly url: string; readonly token: string }[] =
        JSON.parse(answer.body).challenges;
      const challenge = challenges.find(({ type }) => type === 'http-01');
      if (challenge === undefined) throw new Error(`no http-01 challenge: ${answer.body}`);
      hand.challengeUrl = challenge.url;
      hand.token = challenge.token;
      responder.serve(challenge.token, `${challenge.token}.${hand.session.thumbprint}`);
    },
  },
  {
    kind: 'challenge, with its validation',
    async send(_world, { session, challengeUrl }) {
      await session.post('challenge', known(challengeUrl), {});
    },
    async settle({ responder }, hands) {
      for (const { token } of hands) await responder.firstRequest(known(token), ARRIVAL_MS);
      await pause(QUIET_MS);
      for (const { token } of hands) responder.forget(known(token));
    },
  },
  {
    kind: 'finalize, until the order is valid',
    async send(_world, hand) {
      const answer = await hand.session.post('finalize', known(hand.finalizeUrl), { csr: hand.prepared.csr });
      hand.certificateUrl = JSON.parse(answer.body).certificate;
    },
    async settle(_world, hands) {
      // A server that answers `processing` signs behind its answer, and is asked once more.
      await pause(QUIET_MS);
      for (const hand of hands) hand.certificateUrl ??= await certificateUrlOf(hand);
    },
  },
  {
    kind: 'certificate, POST-as-GET',
    async send(_world, hand) {
      hand.certificate = (await hand.session.post('certificate', known(hand.certificateUrl))).body;
    },
  },
  {
    kind: 'revokeCert',
    async send({ directory }, { session, certificate }) {
      const der = new X509Certificate(known(certificate)).raw;
      await session.post('revokeCert', directory.revokeCert, { certificate: der.toString('base64url') });
    },
  },
];

async function certificateUrlOf({ session, orderUrl }: OrderInHand): Promise<string> {
  const order = JSON.parse((await session.post('poll order', known(orderUrl))).body);
  if (order.status !== 'valid') throw new Error(`an order is not valid: ${JSON.stringify(order)}`);
  return order.certificate;
}

function known(text: string | undefined): string {
  if (text === undefined) throw new Error('a request was not answered with what the next one needs.');
  return text;
}
