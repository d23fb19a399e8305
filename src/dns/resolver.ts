/** The record types that validation asks for. */
export type RecordType = 'A' | 'AAAA' | 'TXT';

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
  /** Addresses in the answer's order, or TXT values with the strings of each record joined. */
  readonly values: readonly string[];
  /** Seconds, the smallest of the answer's records. */
  readonly ttlSeconds?: number;
  readonly tries: number;
  readonly durationMs: number;
  /** What went wrong, in words. */
  readonly detail?: string;
}

/** Looks names up. Never rejects: a failure is an answer, with its outcome. */
export interface Resolver {
  lookup(name: string, type: RecordType, signal?: AbortSignal): Promise<Answer>;
  /** Closes its sockets. */
  close(): void;
}
