import type { AddressFamily, AddressFamilyRule, AddressPolicy } from './address-family-rule.ts';
import type { CaaDecision, CaaRecord } from './caa.ts';
import type { ChallengeType } from './challenge-type.ts';
import type { DialOutcome } from './dial.ts';
import type { Identifier } from './identifier.ts';
import type { LookupOutcome, LookupSource, LookupType } from './lookup.ts';
import type { ExchangeFailureKind, TlsFailureKind, ValidationFailure } from './validation-failure.ts';

/**
 * What was resolved, dialled, fetched and answered in one attempt to validate a challenge, step by step and in order.
 * Kept with the challenge whether it passed or failed. Durations are milliseconds of the monotonic timer;
 * `startedAt` is milliseconds since 1970 of the CA's calendar.
 */
export interface ValidationRecord {
  readonly identifier: Identifier;
  readonly challengeType: ChallengeType;
  readonly addressPolicy: AddressPolicy;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly steps: readonly ValidationStep[];
  /** What the remote perspectives found, where there are any and the primary's own validation passed. */
  readonly corroboration?: Corroboration;
  /** Absent when the validation passed. */
  readonly failure?: ValidationFailure;
}

/** The same validation from elsewhere: the Baseline Requirements' section 3.2.2.9 (multi-perspective issuance corroboration). */
export interface Corroboration {
  readonly remotes: readonly PerspectiveRecord[];
  /** How many remote perspectives failed to corroborate, and how many were allowed to. */
  readonly failed: number;
  readonly allowed: number;
}

/** What one remote perspective did and found. */
export interface PerspectiveRecord {
  readonly perspective: string;
  /** The addresses of this CA's host that it asks and dials from; absent where it has none of its own. */
  readonly localAddresses?: readonly string[];
  readonly durationMs: number;
  readonly steps: readonly ValidationStep[];
  /** Absent when it corroborates. */
  readonly failure?: ValidationFailure;
}

export type ValidationStep =
  | LookupStep
  | PlanStep
  | AttemptStep
  | RetryStep
  | ResponseStep
  | ExchangeFailedStep
  | RedirectStep
  | HandshakeFailedStep
  | CertificateStep
  | CompareStep
  | CaaStep
  | OmittedStep;

export interface LookupStep {
  readonly step: 'lookup';
  readonly name: string;
  readonly type: LookupType;
  readonly source: LookupSource;
  readonly outcome: LookupOutcome;
  /** RFC 1035's mnemonic, for instance `NXDOMAIN`; present when a server answered. */
  readonly rcode?: string;
  /** The CNAMEs that were followed, in order. */
  readonly cnames: readonly string[];
  /** Addresses, or TXT values with their strings joined. */
  readonly values: readonly string[];
  /** Seconds, the smallest of the answer's; present when a server answered with records. */
  readonly ttlSeconds?: number;
  readonly tries: number;
  readonly durationMs: number;
  readonly detail?: string;
}

export interface FilteredAddress {
  readonly address: string;
  readonly because: 'reserved' | 'denied' | 'ipv6-disabled';
  /** The block's name and source, for instance `Unique-Local (RFC 4193)`, or the prefix of `validation.denyAddresses`. */
  readonly detail?: string;
}

/** An address that is used because a prefix of `validation.allowAddresses` says so. */
export interface AdmittedAddress {
  readonly address: string;
  readonly prefix: string;
}

/** Which addresses of a host would be dialled: decided before the first packet leaves. */
export interface PlanStep {
  readonly step: 'plan';
  /** What is to be fetched; absent in tls-alpn-01. */
  readonly url?: string;
  readonly hostname: string;
  readonly port: number;
  /** All usable addresses, IPv6 first, each family in the answer's order. */
  readonly addressesResolved: readonly string[];
  readonly filtered: readonly FilteredAddress[];
  /** Those that would have been filtered out but for an exception. */
  readonly admitted?: readonly AdmittedAddress[];
  readonly first?: { readonly address: string; readonly family: AddressFamily };
  /** The one address that a retry may use, if a failure leads to one. */
  readonly spare?: { readonly address: string; readonly family: AddressFamily };
  /** Why this order: rule ids that the decision rests on. */
  readonly rules: readonly AddressFamilyRule[];
}

/** One connection attempt. Every SYN that left the validator has exactly one of these. */
export interface AttemptStep {
  readonly step: 'attempt';
  readonly url?: string;
  readonly hostname: string;
  readonly address: string;
  readonly family: AddressFamily;
  readonly port: number;
  /** `aborted`: the validation was over before the dial was. */
  readonly outcome: DialOutcome | 'aborted';
  /** The operating system's code, for instance `ECONNREFUSED`. */
  readonly code?: string;
  /** How long it waited for its turn before: other dials had taken the room (`validation.maxDials`). Absent when it hardly did. */
  readonly waitedMs?: number;
  readonly durationMs: number;
}

/** Whether a failed attempt led to a retry, and the rule that says so. */
export interface RetryStep {
  readonly step: 'retry';
  readonly retried: boolean;
  /** The address to be dialled next, when `retried`. */
  readonly address?: string;
  readonly rule: AddressFamilyRule;
  /** The decision in plain words; policies other than `documented` are named in it. */
  readonly reason: string;
}

export interface TlsFacts {
  readonly protocol: string;
  readonly cipher: string;
  readonly serverName?: string;
}

/** What came back over a connection. */
export interface ResponseStep {
  readonly step: 'response';
  readonly url: string;
  readonly address: string;
  readonly hostHeader: string;
  readonly status: number;
  /** A bounded selection: content-type, content-length, location, server. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsFacts;
  readonly bodyBytes: number;
  readonly durationMs: number;
}

/** Connected, and then no complete answer came. */
export interface ExchangeFailedStep {
  readonly step: 'exchange-failed';
  readonly url: string;
  readonly address: string;
  readonly hostHeader: string;
  /** Where the time was spent. */
  readonly phase: 'tls' | 'request' | 'response' | 'body';
  /** `aborted`: the validation was over before the exchange was. */
  readonly kind: ExchangeFailureKind | TlsFailureKind | 'aborted';
  readonly code?: string;
  readonly detail?: string;
  /** Present when the handshake was done before. */
  readonly tls?: TlsFacts;
  readonly durationMs: number;
}

export interface RedirectStep {
  readonly step: 'redirect';
  readonly from: string;
  /** The Location header as received. */
  readonly location: string;
  /** The absolute URL, when the Location could be read. */
  readonly to?: string;
  /** 1 for the first redirect. */
  readonly hop: number;
  readonly followed: boolean;
}

/** tls-alpn-01: connected, and then no TLS connection came about. */
export interface HandshakeFailedStep {
  readonly step: 'handshake-failed';
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
  /** `aborted`: the validation was over before the handshake was. */
  readonly kind: TlsFailureKind | 'aborted';
  readonly code?: string;
  readonly detail?: string;
  readonly durationMs: number;
}

/** tls-alpn-01: what the server showed in the handshake (RFC 8737 section 3). */
export interface CertificateStep {
  readonly step: 'certificate';
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
  readonly tls: TlsFacts;
  /** The application protocol that was agreed on; absent when none was. */
  readonly alpn?: string;
  /** Hexadecimal SHA-256 of the certificate; absent when none was shown. */
  readonly fingerprint?: string;
  /** The entries of its subjectAltName, each `TYPE:VALUE`, printable. */
  readonly names: readonly string[];
  readonly durationMs: number;
}

/** What CAA says about the name: RFC 8659 section 3. Its look-ups are steps of their own, before it. */
export interface CaaStep {
  readonly step: 'caa';
  readonly name: string;
  readonly wildcard: boolean;
  /** The name whose records are the relevant set; absent when there is none up to the root. */
  readonly foundAt?: string;
  /** The relevant set, cut like values of a look-up. */
  readonly records: readonly CaaRecord[];
  readonly decision: CaaDecision;
}

/** In the place of steps that a record has no room for. */
export interface OmittedStep {
  readonly step: 'omitted';
  readonly count: number;
}

/** The comparison that decides: of a body with the key authorization, or of TXT values with its digest. */
export interface CompareStep {
  readonly step: 'compare';
  readonly where: string;
  readonly expected: string;
  /** What was found, cut at 128 bytes each, non-printable bytes escaped. */
  readonly received: readonly string[];
  readonly matched: boolean;
}
