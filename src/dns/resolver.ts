import type { CaaRecord } from './caa-record.ts';

/** The record types that validation asks for. */
export type RecordType = 'A' | 'AAAA' | 'TXT' | 'CAA';

/** Where an answer came from. */
export type AnswerSource =
  | { readonly kind: 'configured-hosts' }
  | { readonly kind: 'localhost' }
  | { readonly kind: 'hosts-file' }
  /** `HOST:PORT`, `[V6]:PORT`. */
  | { readonly kind: 'server'; readonly server: string };

/** How a look-up ended. `empty` is NOERROR without a record of the type. */
export type AnswerOutcome =
  | 'answered'
  | 'empty'
  | 'nxdomain'
  | 'servfail'
  | 'refused'
  | 'other-rcode'
  | 'timeout'
  | 'network-error'
  | 'malformed-answer'
  | 'no-server';

/** What a look-up gave, whether it succeeded or not. Durations are milliseconds. */
export interface Answer {
  readonly name: string;
  readonly type: RecordType;
  readonly source: AnswerSource;
  readonly outcome: AnswerOutcome;
  /** RFC 1035's mnemonic, when a server answered. */
  readonly rcode?: string;
  /** The CNAMEs that the answer went through, in order. */
  readonly cnames: readonly string[];
  /**
   * In the answer's order: addresses, TXT values with the strings of each record joined, or CAA records in presentation
   * form, printable: `0 issue "ca.example"`.
   */
  readonly values: readonly string[];
  /** The records that `values` writes out; present where CAA was asked for and answered. */
  readonly caa?: readonly CaaRecord[];
  /** Seconds, the smallest of the answer's records. */
  readonly ttlSeconds?: number;
  readonly tries: number;
  readonly durationMs: number;
  /** What went wrong, in words, printable and bounded; also what the server itself said about it (RFC 8914). */
  readonly detail?: string;
  /** True where the CNAMEs themselves cannot be followed: nothing is wrong with the server. */
  readonly brokenAlias?: true;
}

/** Looks names up. Never rejects: a failure is an answer, with its outcome. */
export interface Resolver {
  lookup(name: string, type: RecordType, signal?: AbortSignal): Promise<Answer>;
  /** True for a name that no server is asked about CAA: of `dns.hosts`, localhost or /etc/hosts. */
  answersItself(name: string): boolean;
  /** Closes its sockets. */
  close(): void;
}
