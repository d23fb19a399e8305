import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { PlannedAddress } from '../policy/address-family.ts';
import type { Identifier } from '../protocol/identifier.ts';
import type { TlsFacts } from '../protocol/validation-record.ts';
import type { Budget } from './budget.ts';
import { startBudget } from './budget.ts';
import type { NotConnected } from './dial-attempt.ts';
import { dialInTurn } from './dial-attempt.ts';
import { reverseName } from './reverse-name.ts';
import type { ShownCertificate } from './shown-certificate.ts';
import { readShownCertificate } from './shown-certificate.ts';
import type { FailedHandshake, HandshakeResult } from './tls-handshake.ts';
import { shakeHands } from './tls-handshake.ts';
import type { ValidationContext } from './validation-context.ts';

/** RFC 8737 section 6.2. */
export const ACME_TLS_1 = 'acme-tls/1';

/** What a server showed in a handshake. */
export interface Shown {
  readonly outcome: 'shown';
  /** The application protocol that was agreed on; absent when none was. */
  readonly protocol?: string;
  /** Absent when it showed none. */
  readonly certificate?: ShownCertificate;
}

/** `aborted`: the validation as a whole was over first. */
export type ShowingResult = Shown | FailedHandshake | NotConnected | { readonly outcome: 'aborted' };

/** RFC 8737 section 3, and RFC 8738 section 6 for addresses: the server name that stands for an identifier. */
export function serverNameFor({ type, value }: Identifier): string {
  return type === 'ip' ? reverseName(value) : value;
}

/** Dials the address, shakes hands with `acme-tls/1` alone on offer, ends the connection, and records what was shown. */
export async function haveShown(context: ValidationContext, address: PlannedAddress): Promise<ShowingResult> {
  const { question, config } = context;
  const host = { hostname: question.identifier.value, port: config.tlsPort };
  const serverName = serverNameFor(question.identifier);
  const result = await dialInTurn(context, host, address, (socket) =>
    showOver(context, socket, { address: address.address, port: config.tlsPort, serverName }),
  );
  if (result.outcome !== 'not-connected' || result.kind !== 'reset') return result;
  // The connection stood before it was reset, and this was merely faster than the news of it.
  const code = result.code === undefined ? {} : { code: result.code };
  return { outcome: 'tls-failed', kind: 'closed', ...code, detail: 'the connection was reset' };
}

interface Place {
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
}

async function showOver(
  { timer, config, budget: total, steps }: ValidationContext,
  socket: Socket,
  place: Place,
): Promise<ShowingResult> {
  const startedAt = timer.now();
  const budget = startBudget(timer, config.responseTimeoutMs, total.signal);
  try {
    const handshake = await shakeHands(
      socket,
      { serverName: place.serverName, protocol: ACME_TLS_1 },
      budget,
    );
    const durationMs = timer.now() - startedAt;
    if (handshake.outcome !== 'secured') {
      steps.push({ step: 'handshake-failed', ...place, ...failureFacts(handshake), durationMs });
      return handshake;
    }
    const shown = readShown(handshake.socket);
    steps.push({ step: 'certificate', ...place, ...shownFacts(shown, handshake.facts), durationMs });
    await endPolitely(handshake.socket, budget);
    return shown;
  } finally {
    budget.release();
    socket.destroy();
  }
}

function failureFacts(result: Exclude<HandshakeResult, { readonly outcome: 'secured' }>) {
  if (result.outcome === 'aborted') return { kind: 'aborted' } as const;
  const { kind, code, detail } = result;
  return { kind, ...(code === undefined ? {} : { code }), detail };
}

function shownFacts({ protocol, certificate }: Shown, tls: TlsFacts) {
  return {
    tls,
    ...(protocol === undefined ? {} : { alpn: protocol }),
    ...(certificate === undefined ? {} : { fingerprint: certificate.fingerprint }),
    names: certificate?.names ?? [],
  };
}

function readShown(socket: TLSSocket): Shown {
  const { alpnProtocol } = socket;
  const der = socket.getPeerX509Certificate()?.raw;
  return {
    outcome: 'shown',
    ...(typeof alpnProtocol === 'string' ? { protocol: alpnProtocol } : {}),
    ...(der === undefined ? {} : { certificate: readShownCertificate(der) }),
  };
}

/**
 * Ends the connection once our half of the handshake is sent. In TLS 1.3 we are done before the server is: a connection that
 * is destroyed at once is a failed handshake in its log.
 */
async function endPolitely(socket: TLSSocket, budget: Budget): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    budget.signal.addEventListener('abort', () => resolve(), { once: true });
    socket.destroySoon();
    if (budget.signal.aborted || socket.destroyed) resolve();
  });
}
