import type { DnsHandler } from '../support/dns-server.ts';
import type { FailureCase } from './failure-case.ts';
import { ASKED, CONNECTS_V4, FINDS_V4, HOST, V4 } from './failure-case.ts';
import { blackHole, raw, silent } from './services.ts';

const BY_TLS_ALPN = { challengeType: 'tls-alpn-01' } as const;
const QUICKLY = { totalTimeoutMs: 200 } as const;
const NEVER: DnsHandler = () => ({ delay: 'never' });

const OVERALL: readonly FailureCase[] = [
  {
    what: 'the time of the whole validation ends while a server is waited for',
    is: 'overall-timeout',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Timeout: the whole validation did not end within 60 s. Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.`,
    steps: [...CONNECTS_V4, 'response failed: aborted'],
    servers: { [`${V4} http`]: silent },
    settings: QUICKLY,
  },
  {
    what: 'the time of the whole validation ends while it connects',
    is: 'overall-timeout',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Timeout: the whole validation did not end within 60 s. Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.`,
    steps: [...FINDS_V4, 'dial 127.0.0.1: aborted'],
    servers: { [`${V4} http`]: blackHole },
    settings: QUICKLY,
  },
  {
    what: 'the time of the whole validation ends in a look-up',
    is: 'overall-timeout',
    code: 'connection',
    detail:
      'Timeout: the whole validation did not end within 60 s. Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.',
    steps: ['A dual.test timeout', 'AAAA dual.test timeout'],
    dns: NEVER,
    settings: QUICKLY,
  },
  {
    what: 'the time of the whole validation ends in the handshake of tls-alpn-01',
    is: 'overall-timeout',
    code: 'connection',
    detail:
      '127.0.0.1: Timeout: the whole validation did not end within 60 s. Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.',
    steps: [...CONNECTS_V4, 'handshake failed: aborted'],
    question: BY_TLS_ALPN,
    servers: { [`${V4} https`]: silent },
    settings: QUICKLY,
  },
];

/** A hand on the switch of a validation, for what happens during it. */
function brake() {
  let stop = () => {};
  return {
    pull: () => stop(),
    whenStarted: (given: () => void) => {
      stop = given;
    },
  };
}

function stoppedAt(
  what: string,
  steps: readonly string[],
  build: (pull: () => void) => Partial<FailureCase>,
): FailureCase {
  const { pull, whenStarted } = brake();
  return {
    what: `the CA stops ${what}`,
    is: 'internal',
    code: 'serverInternal',
    detail:
      'The validation was broken off because the server was stopping. Make a new order, which brings new challenges.',
    steps,
    whenStarted,
    ...build(pull),
  };
}

const INTERNAL: readonly FailureCase[] = [
  stoppedAt('while it waits for an answer', [...CONNECTS_V4, 'response failed: aborted'], (pull) => ({
    servers: { [`${V4} http`]: raw((socket) => socket.once('data', pull)) },
  })),
  stoppedAt('in a look-up', [`A ${HOST} timeout`, `AAAA ${HOST} timeout`], (pull) => ({
    dns: (query) => {
      if (query.type === 'AAAA') pull();
      return { delay: 'never' };
    },
  })),
  stoppedAt('in the handshake of tls-alpn-01', [...CONNECTS_V4, 'handshake failed: aborted'], (pull) => ({
    question: BY_TLS_ALPN,
    servers: { [`${V4} https`]: raw((socket) => socket.once('data', pull)) },
  })),
];

export const OWN_CASES: readonly FailureCase[] = [...OVERALL, ...INTERNAL];
