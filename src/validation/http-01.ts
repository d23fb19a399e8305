import type { PlannedAddress } from '../policy/address-family.ts';
import { checkRedirect, isRedirect } from '../policy/redirects.ts';
import type { AttemptFailure, RetryDecision } from '../policy/retry.ts';
import type { ConnectFailure, HopReference, ValidationFailure } from '../protocol/validation-failure.ts';
import type { AttemptResult } from './http-attempt.ts';
import { attempt, headerText, locationReference } from './http-attempt.ts';
import { compareBody } from './http-body.ts';
import type { ExchangeResult, ReceivedResponse } from './http-exchange.ts';
import type { PlannedRequest } from './http-request.ts';
import { firstTarget, planRequest } from './http-request.ts';
import { KEPT_URL_BYTES, keptUrl, printable } from './printable.ts';
import { recordRetryDecision, ruleOf } from './retry-decision.ts';
import type { ValidationContext } from './validation-context.ts';
import { stopped } from './validation-context.ts';

/** A connection to be made. `earlier` is there when it is a retry. */
interface Connection {
  readonly request: PlannedRequest;
  readonly address: PlannedAddress;
  readonly earlier?: NonNullable<ConnectFailure['earlier']>;
}

/** What a validation remembers between its connections. */
interface Progress {
  readonly context: ValidationContext;
  readonly original: PlannedRequest;
  /** The URLs of all requests so far. */
  readonly visited: string[];
  followed: number;
  originalRetried: boolean;
}

/** What follows a connection: another one, or the end. No failure means that the validation passed. */
type Outcome =
  | { readonly next: Connection }
  | { readonly next?: never; readonly failure: ValidationFailure | undefined };

/**
 * RFC 8555 section 8.3: fetches the key authorization over HTTP. Which address is dialled, and whether a failed attempt is
 * made once more, is decided in policy/ by the rules of docs/address-family-rules.md. Answers why it failed, or
 * undefined when it passed.
 */
export async function validateHttp01(context: ValidationContext): Promise<ValidationFailure | undefined> {
  const planned = await planRequest(context, firstTarget(context.question, context.config.httpPort), 0);
  if (!planned.ok) return planned.refusal;
  const original = planned.value;
  const progress: Progress = {
    context,
    original,
    visited: [original.target.url],
    followed: 0,
    originalRetried: false,
  };
  let connection: Connection = { request: original, address: original.first };
  for (;;) {
    const outcome = await connectAndJudge(progress, connection);
    if (outcome.next === undefined) return outcome.failure;
    connection = outcome.next;
  }
}

async function connectAndJudge(progress: Progress, connection: Connection): Promise<Outcome> {
  const { context } = progress;
  const result = await attempt(context, connection.request, connection.address);
  const hop = hopOf(connection);
  // Whatever came of it, time that is up is the reason: nothing may follow.
  if (context.budget.signal.aborted && result.outcome !== 'response')
    return { failure: stopped(context, hop) };
  switch (result.outcome) {
    case 'not-connected':
      return afterFailedDial(progress, connection, result);
    case 'response':
      return afterResponse(progress, connection, result);
    default:
      return { failure: failureOfExchange(progress, connection, result) };
  }
}

function afterFailedDial(
  progress: Progress,
  connection: Connection,
  result: Extract<AttemptResult, { outcome: 'not-connected' }>,
): Outcome {
  const { context, original } = progress;
  const kind = result.kind === 'aborted' ? 'other' : result.kind;
  const decision = decide(progress, connection, { phase: 'dial', kind });
  if (decision?.retry === true) {
    const request = decision.request === 'original' ? original : connection.request;
    if (request === original) progress.originalRetried = true;
    const earlier = { address: connection.address.address, kind };
    return { next: { request, address: decision.address, earlier } };
  }
  const code = 'code' in result && result.code !== undefined ? { code: result.code } : {};
  const source = connection.request.sources[connection.address.family];
  return {
    failure: {
      class: 'connect',
      ...hopOf(connection),
      family: connection.address.family,
      port: connection.request.target.port,
      kind,
      ...code,
      budgetMs: context.config.connectTimeoutMs,
      ...(connection.request.hop > 0 ? { redirected: true } : {}),
      ...(source === undefined ? {} : { addressSource: source }),
      ...ruleOf(decision),
      ...(connection.earlier === undefined ? {} : { earlier: connection.earlier }),
    },
  };
}

function decide(
  { context, original, originalRetried }: Progress,
  { request, address }: Connection,
  failure: AttemptFailure,
): RetryDecision | undefined {
  return recordRetryDecision(context, failure, {
    hop: request.hop,
    challengeType: 'http-01',
    plan: request.plan,
    failed: address,
    original: original.plan,
    originalRetried,
  });
}

function failureOfExchange(
  progress: Progress,
  connection: Connection,
  result: Exclude<ExchangeResult, ReceivedResponse>,
): ValidationFailure {
  const hop = hopOf(connection);
  switch (result.outcome) {
    case 'aborted':
      return stopped(progress.context, hop);
    case 'tls-failed': {
      const { kind, detail } = result;
      return {
        class: 'tls',
        ...hop,
        kind,
        detail,
        ...ruleOf(decide(progress, connection, { phase: 'tls' })),
      };
    }
    case 'failed': {
      const { phase, kind } = result;
      const code = result.code === undefined ? {} : { code: result.code };
      const budgetMs = progress.context.config.responseTimeoutMs;
      const rule = ruleOf(decide(progress, connection, { phase }));
      const start = result.start === undefined ? {} : { start: printable(result.start) };
      const body = result.body === undefined ? {} : { body: result.body };
      return { class: 'exchange', ...hop, phase, kind, ...code, ...start, ...body, budgetMs, ...rule };
    }
  }
}

async function afterResponse(
  progress: Progress,
  connection: Connection,
  response: ReceivedResponse & Pick<ExchangeResult, 'tls'>,
): Promise<Outcome> {
  const { context } = progress;
  const hop = hopOf(connection);
  const { location } = response.headers;
  if (isRedirect(response.status, location)) return followRedirect(progress, connection, response, location);
  const failure =
    response.status === 200
      ? compareBody(context, hop, response.body)
      : ({ class: 'status', ...hop, status: response.status } as const);
  if (failure === undefined) return { failure };
  return { failure: { ...failure, ...ruleOf(decide(progress, connection, { phase: 'content' })) } };
}

async function followRedirect(
  progress: Progress,
  connection: Connection,
  response: ReceivedResponse & Pick<ExchangeResult, 'tls'>,
  receivedLocation: string,
): Promise<Outcome> {
  const { context, visited } = progress;
  const from = hopOf(connection);
  const { status, tls } = response;
  const checked = checkRedirect(
    {
      from: connection.request.target.url,
      status,
      location: locationReference(receivedLocation),
      ...(tls === undefined ? {} : { tlsProtocol: tls.protocol }),
      followed: progress.followed,
      visited,
    },
    await redirectSettings(context),
  );
  const location = headerText(receivedLocation, KEPT_URL_BYTES);
  const step = { step: 'redirect', from: from.url, location, hop: progress.followed + 1 } as const;
  if (!checked.ok) {
    context.steps.push({ ...step, followed: false });
    const { refusal, detail } = checked.refusal;
    const kept = detail === undefined ? {} : { detail: keptUrl(detail) };
    const { earlier } = connection;
    const isAgain = refusal === 'loop' && wasFollowed(context, from.url, location);
    const before = isAgain && earlier !== undefined ? { earlier } : {};
    const failure = { class: 'redirect', ...from, location, status, refusal, ...kept, ...before } as const;
    return { failure };
  }
  const target = checked.value;
  context.steps.push({ ...step, to: keptUrl(target.url), followed: true });
  progress.followed += 1;
  visited.push(target.url);
  const planned = await planRequest(context, target, progress.followed, from);
  if (!planned.ok) return { failure: planned.refusal };
  return { next: { request: planned.value, address: planned.value.first } };
}

/** True where the same redirect was followed before, so that nothing but the repeated request makes a loop of it. */
function wasFollowed({ steps }: ValidationContext, url: string, location: string): boolean {
  return steps.some(
    (step) => step.step === 'redirect' && step.followed && step.from === url && step.location === location,
  );
}

/** The list of public suffixes is long, so it is read when a redirect is to be judged by it, and not before. */
async function redirectSettings({ config }: ValidationContext): Promise<Parameters<typeof checkRedirect>[1]> {
  const settings = { ...config, policy: config.addressPolicy };
  if (config.requirePublicSuffix !== true) return settings;
  const { publicSuffix } = await import('../policy/public-suffix.ts');
  return { ...settings, hasPublicSuffix: (hostname) => publicSuffix(hostname) !== undefined };
}

function hopOf({ request, address }: Connection): HopReference {
  return { url: keptUrl(request.target.url), address: address.address };
}
