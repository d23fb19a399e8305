import type { FailureClass } from '../../src/protocol/failure-class.ts';
import type { ErrorCode } from '../../src/protocol/problem.ts';
import type { ValidationQuestion } from '../../src/protocol/validation-question.ts';
import type { ValidatorConfig } from '../../src/validation/validation-context.ts';
import type { DnsHandler, ZoneTable } from '../support/dns-server.ts';
import { CHALLENGE_PATH } from '../support/validation-lab.ts';
import type { Service } from './services.ts';

/**
 * A row of the table: a world of real servers and real DNS answers on loopback, and what the validator makes of it. Texts have
 * ports and budgets as they are by default, so that they read as in a real log: 5002, 5001, DNS port 53, 10 s, 60 s.
 */
export interface FailureCase {
  /** What is wrong with this world. */
  readonly what: string;
  readonly is: FailureClass;
  /** The ACME error type. */
  readonly code: ErrorCode;
  /** The whole detail of the problem. */
  readonly detail: string;
  /** The steps of the record, each as `stepWords` has it. */
  readonly steps: readonly string[];
  /** What the DNS server answers from; `dual.test` is at 127.0.0.1 unless told otherwise. */
  readonly zone?: ZoneTable;
  /** Decides on DNS answers in place of a zone; `closed` is a server that is not there. */
  readonly dns?: DnsHandler | 'closed';
  /** The setting `dns.hosts`. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** What listens, by `ADDRESS http` and `ADDRESS https`. Everything else refuses. */
  readonly servers?: Readonly<Record<string, Service>>;
  readonly question?: Partial<ValidationQuestion>;
  readonly settings?: Partial<ValidatorConfig>;
  /** Milliseconds that a DNS try waits: for rows whose server does not answer. */
  readonly dnsTimeoutMs?: number;
  /** What the DNS servers of the remote perspectives answer from; none unless given. */
  readonly remotes?: readonly ZoneTable[];
  /** Told how to stop the validation, as a server that stops does. */
  readonly whenStarted?: (stop: () => void) => void;
  /** Done to this process for as long as the validation lasts; returns how to undo it. */
  readonly duringValidation?: () => () => void;
}

export const V4 = '127.0.0.1';
export const V6 = '::1';
/** Another host of the world. */
export const OTHER_V4 = '127.0.0.2';

export const HOST = 'dual.test';
/** What http-01 fetches first. */
export const ASKED = `http://${HOST}:5002${CHALLENGE_PATH}`;

/** The host with both families, with IPv6 alone, and with IPv4 alone, which goes without saying. */
export const BOTH: ZoneTable = { [HOST]: { A: [V4], AAAA: [V6] } };
export const ONLY_V6: ZoneTable = { [HOST]: { AAAA: [V6] } };
export const ONLY_V4: ZoneTable = { [HOST]: { A: [V4] } };

/** How a record begins in each of these, and how it goes on where the first server takes the connection. */
export const FINDS_V4 = [`A ${HOST} answered`, `AAAA ${HOST} empty`, `plan ${V4}`];
export const FINDS_V6 = [`A ${HOST} empty`, `AAAA ${HOST} answered`, `plan ${V6}`];
export const FINDS_BOTH = [
  `A ${HOST} answered`,
  `AAAA ${HOST} answered`,
  `plan ${V6} of 2, ${V4} to spare [prefer-ipv6, retry-ipv4-on-connect-timeout]`,
];
export const FINDS_BOTH_FOR_ALPN = [
  `A ${HOST} answered`,
  `AAAA ${HOST} answered`,
  `plan ${V6} of 2 [prefer-ipv6, http-01-only]`,
];
export const CONNECTS_V4 = [...FINDS_V4, `dial ${V4}: connected`];
export const CONNECTS_V6 = [...FINDS_BOTH, `dial ${V6}: connected`];
/** The first server sends the validator elsewhere. */
export const FOLLOWS = [...CONNECTS_V4, 'status 302', 'redirect 1 followed'];

/** What a rule adds to a detail. */
export const NO_RETRY = 'No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].';
export const NO_RETRY_STEP = 'no retry [no-retry-on-other-errors]';
export const OR_NO_AAAA = 'Or remove the AAAA record, if only IPv4 is right.';
