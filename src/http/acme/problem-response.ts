import { STATUS_CODES } from 'node:http';
import { AcmeError } from '../../protocol/acme-error.ts';
import { OutageError } from '../../protocol/outage-error.ts';
import type { Problem, Subproblem } from '../../protocol/problem.ts';
import { errorStatus, errorUrn } from '../../protocol/problem.ts';
import type { ParserRefusal, ParserRefusalAnswer } from '../../runtime/parser-refusal.ts';
import type { Randomness } from '../../runtime/randomness.ts';
import type { Reply } from './reply.ts';

const PROBLEM_TYPE = 'application/problem+json';

/** A refusal that is known, or the wrapped form of one that is not. */
export interface Refusal {
  readonly error: AcmeError;
  /** Set when the failure is ours: what the client quotes and the log explains. */
  readonly incident?: string;
}

/**
 * What a client is told of anything that was thrown: an AcmeError as it is, a transient outage as 503, all else as `serverInternal` with a fixed text
 * and the id under which the log has the cause.
 */
export function refusalOf(thrown: unknown, randomness: Randomness): Refusal {
  if (thrown instanceof AcmeError && thrown.code !== 'serverInternal') return { error: thrown };
  const cause = thrown instanceof AcmeError ? thrown.cause : thrown;
  if (cause instanceof OutageError && cause.transient) return { error: unavailable(cause) };
  const incident = Buffer.from(randomness.bytes(8)).toString('hex');
  const detail = `Something went wrong in the server, and nothing is wrong with the request. The server's log has the cause under incident ${incident}.`;
  return { error: new AcmeError('serverInternal', detail, { cause: thrown }), incident };
}

/** Seconds. Whoever runs the server has to see to it first; what made it unavailable is said in the log once, by the store. */
const TRY_AGAIN_AFTER_SECONDS = 30;

/** RFC 9110 section 15.6.4: nothing was done, and the same request may succeed later. */
function unavailable(cause: OutageError): AcmeError {
  const detail =
    'The server cannot do this now, and has changed nothing. Nothing is wrong with the request: send it again later. The log of the server says what it needs.';
  return new AcmeError('serverInternal', detail, {
    status: 503,
    retryAfterSeconds: TRY_AGAIN_AFTER_SECONDS,
    cause,
  });
}

/** The response to a refused request: RFC 8555 section 6.7, RFC 7807. */
export function problemReply(error: AcmeError): Reply {
  const { retryAfterSeconds } = error;
  return {
    status: error.status,
    headers: {
      'Content-Type': PROBLEM_TYPE,
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
      ...error.headers,
    },
    body: problemText({ ...renderProblem(error.toProblem(), error.status), ...error.extensions }),
  };
}

/** The problem document of a problem that is stored with a challenge or an order. */
export function renderProblem(problem: Problem, status: number = errorStatus(problem.code)): object {
  const { code, detail, subproblems = [] } = problem;
  return {
    type: errorUrn(code),
    detail,
    status,
    ...(subproblems.length === 0 ? {} : { subproblems: subproblems.map(renderSubproblem) }),
  };
}

const PARSER_REFUSALS: Readonly<Record<ParserRefusal['status'], string>> = {
  400: 'This is not an HTTP/1.1 request that can be read. Send one as RFC 9112 says.',
  405: 'This server is no proxy: it does not take CONNECT.',
  408: 'The request did not arrive completely in time. Send it again.',
  413: 'The extensions of the chunked body are too large. Send it without any.',
  431: 'The header of the request is larger than 16 kB. Send less.',
};

/** The answer to what Node's HTTP parser refuses, which Node itself would answer without a body. */
export function answerParserRefusal({ status }: ParserRefusal): ParserRefusalAnswer {
  return {
    status,
    reasonPhrase: STATUS_CODES[status] ?? '',
    headers: {
      'Content-Type': PROBLEM_TYPE,
      'Cache-Control': 'no-store',
      ...(status === 405 ? { Allow: 'GET, HEAD, POST' } : {}),
    },
    body: problemText(renderProblem({ code: 'malformed', detail: PARSER_REFUSALS[status] }, status)),
  };
}

function renderSubproblem({ code, detail, identifier }: Subproblem): object {
  return { type: errorUrn(code), detail, identifier };
}

function problemText(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
