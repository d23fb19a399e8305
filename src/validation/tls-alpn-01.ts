import { createHash } from 'node:crypto';
import type { PlannedAddress } from '../policy/address-family.ts';
import type { AttemptFailure, RetryDecision } from '../policy/retry.ts';
import type {
  AlpnFailure,
  CertificateFailure,
  ConnectFailure,
  EarlierAttempt,
  TlsFailure,
  ValidationFailure,
} from '../protocol/validation-failure.ts';
import type { NotConnected } from './dial-attempt.ts';
import type { HostPlan } from './host-plan.ts';
import { planHost } from './host-plan.ts';
import { printableText } from './printable.ts';
import { recordRetryDecision, ruleOf } from './retry-decision.ts';
import type { ShownCertificate } from './shown-certificate.ts';
import { findDigest } from './shown-certificate.ts';
import type { Shown } from './tls-alpn-handshake.ts';
import { ACME_TLS_1, haveShown } from './tls-alpn-handshake.ts';
import type { FailedHandshake } from './tls-handshake.ts';
import type { ValidationContext } from './validation-context.ts';
import { stopped } from './validation-context.ts';

/** A connection to be made. `earlier` is there when it is a retry. */
interface Connection {
  readonly context: ValidationContext;
  readonly host: HostPlan;
  readonly address: PlannedAddress;
  readonly earlier?: EarlierAttempt;
}

/** What follows a connection: another one, or the end. No failure means that the validation passed. */
type Outcome =
  | { readonly next: Connection }
  | { readonly next?: never; readonly failure: ValidationFailure | undefined };

/**
 * RFC 8737, and RFC 8738 for addresses: the server shows a self-signed certificate for the identifier alone, with the digest of
 * the key authorization in it, to whoever offers the protocol `acme-tls/1` and nothing else. Which address is dialled, and
 * whether another one is after it, is decided in policy/ by the rules of docs/address-family-rules.md. Answers why it failed,
 * or undefined when it passed.
 */
export async function validateTlsAlpn01(context: ValidationContext): Promise<ValidationFailure | undefined> {
  const { question, config } = context;
  const planned = await planHost(
    context,
    { hostname: question.identifier.value, port: config.tlsPort },
    { hop: 0, challengeType: 'tls-alpn-01' },
  );
  if (!planned.ok) return planned.refusal;
  let connection: Connection = { context, host: planned.value, address: planned.value.first };
  for (;;) {
    const outcome = await connectAndJudge(connection);
    if (outcome.next === undefined) return outcome.failure;
    connection = outcome.next;
  }
}

async function connectAndJudge(connection: Connection): Promise<Outcome> {
  const { context, address } = connection;
  const result = await haveShown(context, address);
  const isOver = result.outcome !== 'shown' && context.budget.signal.aborted;
  if (isOver || result.outcome === 'aborted')
    return { failure: stopped(context, { address: address.address }) };
  switch (result.outcome) {
    case 'not-connected':
      return afterFailedDial(connection, result);
    case 'tls-failed':
      return afterFailedHandshake(connection, result);
    case 'shown':
      return afterHandshake(connection, result);
  }
}

function afterFailedDial(connection: Connection, result: NotConnected): Outcome {
  const { context, host, address } = connection;
  const kind = result.kind === 'aborted' ? 'other' : result.kind;
  const code = 'code' in result && result.code !== undefined ? { code: result.code } : {};
  const source = host.sources[address.family];
  const failure: ConnectFailure = {
    class: 'connect',
    ...placeOf(connection),
    family: address.family,
    kind,
    ...code,
    budgetMs: context.config.connectTimeoutMs,
    ...(source === undefined ? {} : { addressSource: source }),
  };
  return retryOrEnd(connection, { phase: 'dial', kind }, failure, { address: address.address, kind });
}

function afterFailedHandshake(connection: Connection, { kind, detail }: FailedHandshake): Outcome {
  const { address, port } = placeOf(connection);
  const failure: TlsFailure = { class: 'tls', address, port, kind, detail };
  return retryOrEnd(connection, { phase: 'tls' }, failure, { address, kind: 'tls', tls: kind });
}

function afterHandshake(connection: Connection, { protocol, certificate }: Shown): Outcome {
  const place = placeOf(connection);
  if (certificate === undefined) {
    const failure: CertificateFailure = { class: 'certificate', ...place, fault: 'absent' };
    const earlier = { address: place.address, kind: 'tls', tls: 'no-certificate' } as const;
    return retryOrEnd(connection, { phase: 'tls' }, failure, earlier);
  }
  const failure =
    protocol === ACME_TLS_1 ? judgeCertificate(connection, certificate) : failureOfAlpn(connection, protocol);
  if (failure === undefined) return { failure };
  return { failure: { ...failure, ...ending(connection, decide(connection, { phase: 'content' })) } };
}

function failureOfAlpn(connection: Connection, protocol: string | undefined): AlpnFailure {
  const failure = { class: 'alpn', ...placeOf(connection) } as const;
  return protocol === undefined ? failure : { ...failure, negotiated: printableText(protocol) };
}

function judgeCertificate(
  connection: Connection,
  certificate: ShownCertificate,
): CertificateFailure | undefined {
  const { question, steps } = connection.context;
  const place = placeOf(connection);
  const digest = findDigest(certificate, question.identifier);
  if (!digest.ok) return { class: 'certificate', ...place, ...digest.refusal };
  const expected = createHash('sha256').update(question.keyAuthorization).digest('hex');
  const received = Buffer.from(digest.value).toString('hex');
  const matched = received === expected;
  const where = `${place.address} in the acmeIdentifier extension`;
  steps.push({ step: 'compare', where, expected, received: [received], matched });
  return matched ? undefined : { class: 'certificate', ...place, fault: 'wrong-digest', expected, received };
}

/** Goes on to the address that the policy names, with `earlier` as what went before; or ends with the failure. */
function retryOrEnd(
  connection: Connection,
  cause: AttemptFailure,
  failure: ConnectFailure | TlsFailure | CertificateFailure,
  earlier: EarlierAttempt,
): Outcome {
  const { context, host, address } = connection;
  const decision = decide(connection, cause);
  if (decision?.retry === true) return { next: { context, host, address: decision.address, earlier } };
  const ended = { ...failure, ...ending(connection, decision) };
  const isLeftAlone = address.family === 'ipv6' && host.plan.otherFamily === undefined;
  if (context.config.addressPolicy !== 'boulder' || !isLeftAlone) return { failure: ended };
  return { failure: { ...ended, unableToContact: context.question.identifier.value } };
}

function decide(
  { context, host, address, earlier }: Connection,
  cause: AttemptFailure,
): RetryDecision | undefined {
  return recordRetryDecision(context, cause, {
    hop: 0,
    challengeType: 'tls-alpn-01',
    plan: host.plan,
    failed: address,
    original: host.plan,
    originalRetried: earlier !== undefined,
  });
}

function ending({ earlier }: Connection, decision: RetryDecision | undefined) {
  return { ...ruleOf(decision), ...(earlier === undefined ? {} : { earlier }) };
}

function placeOf({ context, address }: Connection) {
  const { question, config } = context;
  return { hostname: question.identifier.value, address: address.address, port: config.tlsPort };
}
