import type { PlannedAddress } from '../policy/address-family.ts';
import type { HopReference } from '../protocol/validation-failure.ts';
import type { NotConnected } from './dial-attempt.ts';
import { dialInTurn } from './dial-attempt.ts';
import type { ExchangeResult } from './http-exchange.ts';
import { exchange, hostHeader } from './http-exchange.ts';
import type { PlannedRequest } from './http-request.ts';
import { keptUrl, printable, printableText } from './printable.ts';
import type { ValidationContext } from './validation-context.ts';

/** What one connection came to: the dial's failure, or the exchange's result. */
export type AttemptResult = NotConnected | ExchangeResult;

/** How long a header may be in a record. More of a Location is kept elsewhere, where it matters. */
const KEPT_HEADER_BYTES = 256;
const KEPT_HEADERS = ['content-type', 'content-length', 'location', 'server'] as const;

/** Dials the address, once and in turn, makes the request over that connection, and records both. */
export async function attempt(
  context: ValidationContext,
  request: PlannedRequest,
  address: PlannedAddress,
): Promise<AttemptResult> {
  const { timer, config, budget, userAgent } = context;
  const { target } = request;
  const result = await dialInTurn(context, target, address, async (socket) => {
    const exchanged = await exchange(socket, {
      target,
      userAgent,
      budgetMs: config.responseTimeoutMs,
      maxBodyBytes: config.maxBodyBytes,
      maxHeaderBytes: config.maxHeaderBytes,
      timer,
      signal: budget.signal,
    });
    recordExchange(context, request, { url: keptUrl(target.url), address: address.address }, exchanged);
    return exchanged;
  });
  if (result.outcome !== 'not-connected' || result.kind !== 'reset') return result;
  // A reset in answer to our SYN would be a refusal. This one came after the connection stood, and was merely faster than
  // the news of it.
  const code = result.code === undefined ? {} : { code: result.code };
  return { outcome: 'failed', phase: 'request', kind: 'reset', ...code, durationMs: 0 };
}

function recordExchange(
  { steps }: ValidationContext,
  { target }: PlannedRequest,
  hop: HopReference,
  result: ExchangeResult,
): void {
  const { durationMs } = result;
  const tls = result.tls === undefined ? {} : { tls: result.tls };
  const common = { ...hop, hostHeader: hostHeader(target), durationMs, ...tls };
  if (result.outcome === 'response') {
    steps.push({
      step: 'response',
      ...common,
      status: result.status,
      headers: keptHeaders(result.headers),
      bodyBytes: result.body.length,
    });
    return;
  }
  const failed = { step: 'exchange-failed', ...common } as const;
  switch (result.outcome) {
    case 'aborted':
      steps.push({ ...failed, phase: result.phase, kind: 'aborted' });
      return;
    case 'tls-failed': {
      const code = result.code === undefined ? {} : { code: result.code };
      steps.push({ ...failed, phase: 'tls', kind: result.kind, ...code, detail: result.detail });
      return;
    }
    case 'failed': {
      const code = result.code === undefined ? {} : { code: result.code };
      steps.push({ ...failed, phase: result.phase, kind: result.kind, ...code });
    }
  }
}

function keptHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = headerText(value, KEPT_HEADER_BYTES);
  }
  return kept;
}

/**
 * A Location as a reference that can be resolved: bytes beyond ASCII, which servers send unescaped and node:http gives as
 * Latin-1, stand percent-encoded in a URL (RFC 3986 section 2.1), in its host too (section 3.2.2).
 */
export function locationReference(value: string): string {
  return value.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A header's value made printable: node:http gives its bytes as Latin-1. */
export function headerText(value: string, limit: number): string {
  const ascii = printableText(value, limit);
  return ascii === value ? value : printable(Buffer.from(value, 'latin1'), limit);
}
