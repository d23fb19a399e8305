import type { AddressFamily, AddressFamilyRule } from './address-family-rule.ts';
import type { DialFailureKind } from './dial.ts';
import type { LookupOutcome, LookupSource, LookupType } from './lookup.ts';

/**
 * Why a validation failed: a closed list of classes, each with the facts that its explanation needs. explanation/
 * turns it into ACME error type, sentence, citation and hint.
 */
export type ValidationFailure =
  | LookupFailure
  | NoAddressFailure
  | ConnectFailure
  | ExchangeFailure
  | TlsFailure
  | RedirectFailure
  | StatusFailure
  | BodyTooLongFailure
  | WrongContentFailure
  | NoTxtFailure
  | WrongTxtFailure
  | OverallTimeoutFailure
  | InternalFailure;

export interface FailedLookup {
  readonly name: string;
  readonly type: LookupType;
  readonly outcome: LookupOutcome;
  readonly rcode?: string;
  readonly server?: string;
}

/** No look-up gave an address, and at least one failed: both families, or the one TXT look-up of dns-01. */
export interface LookupFailure {
  readonly class: 'lookup';
  readonly hostname: string;
  readonly lookups: readonly FailedLookup[];
  /** Addresses that the other look-up gave, and policy filtered out. */
  readonly filtered?: readonly { readonly address: string; readonly reason: string }[];
  /** Where those addresses came from. */
  readonly addressSource?: LookupSource;
  /** What was to be fetched, when this is a redirect target. */
  readonly url?: string;
  /** The hop that sent us here, when this is a redirect target. */
  readonly from?: HopReference;
}

/** All look-ups were answered, and none gave a usable address. */
export interface NoAddressFailure {
  readonly class: 'no-address';
  readonly hostname: string;
  /** Addresses that policy filtered out, each with the reason in words. */
  readonly filtered: readonly { readonly address: string; readonly reason: string }[];
  /** Who answered; absent for a literal address. */
  readonly addressSource?: LookupSource;
  /** What was to be fetched, when this is a redirect target. */
  readonly url?: string;
  readonly from?: HopReference;
}

/** A request that was under way: what a detail names first. */
export interface HopReference {
  readonly url: string;
  readonly address: string;
}

/** Present when the host had another address to try, so that a rule decided whether it is. */
export interface RuleDecision {
  /** The rule that ended it. */
  readonly rule?: AddressFamilyRule;
  /** The decision in words. */
  readonly reason?: string;
}

/** A connection could not be made, and no (further) retry was due. */
export interface ConnectFailure extends HopReference, RuleDecision {
  readonly class: 'connect';
  readonly family: AddressFamily;
  readonly port: number;
  readonly kind: DialFailureKind;
  readonly code?: string;
  readonly budgetMs: number;
  /** Where the address came from; absent for a literal address. */
  readonly addressSource?: LookupSource;
  /** The attempt that failed before this one, when this one was the retry. */
  readonly earlier?: { readonly address: string; readonly kind: DialFailureKind };
}

/**
 * `silent`: not a byte of an answer within the budget; `slow`: some, but not all; `reset` and `closed`: by the server,
 * by RST and by FIN; `not-http`: what came is no HTTP/1 response; `http2`: it is an HTTP/2 preface.
 */
export type ExchangeFailureKind =
  | 'silent'
  | 'slow'
  | 'reset'
  | 'closed'
  | 'not-http'
  | 'http2'
  | 'headers-too-long';

/** Connected, and then the exchange failed. */
export interface ExchangeFailure extends HopReference, RuleDecision {
  readonly class: 'exchange';
  readonly phase: 'request' | 'response' | 'body';
  readonly kind: ExchangeFailureKind;
  readonly budgetMs?: number;
  readonly code?: string;
}

export type TlsFailureKind = 'handshake' | 'timeout' | 'version' | 'closed' | 'not-tls';

/** The TLS handshake on a hop that a redirect led to. */
export interface TlsFailure extends HopReference, RuleDecision {
  readonly class: 'tls';
  readonly kind: TlsFailureKind;
  readonly detail: string;
}

export type RedirectRefusal =
  | 'too-many'
  | 'loop'
  | 'status'
  | 'scheme'
  | 'port'
  | 'empty-host'
  | 'missing-slash'
  | 'ip-literal'
  | 'scope-zone'
  | 'reserved-address'
  | 'public-suffix'
  | 'too-long'
  | 'unparseable'
  | 'old-tls';

/** A redirect that is not followed. */
export interface RedirectFailure extends HopReference {
  readonly class: 'redirect';
  readonly refusal: RedirectRefusal;
  readonly location: string;
  readonly status: number;
  readonly detail?: string;
}

/** The final answer's status is not 200. */
export interface StatusFailure extends HopReference, RuleDecision {
  readonly class: 'status';
  readonly status: number;
}

export interface BodyTooLongFailure extends HopReference, RuleDecision {
  readonly class: 'body-too-long';
  readonly limitBytes: number;
  /** The first bytes, escaped. */
  readonly start: string;
}

export interface WrongContentFailure extends HopReference, RuleDecision {
  readonly class: 'wrong-content';
  readonly expected: string;
  readonly received: string;
}

export interface NoTxtFailure {
  readonly class: 'no-txt';
  readonly name: string;
  /** Who said so. */
  readonly answerSource?: LookupSource;
}

export interface WrongTxtFailure {
  readonly class: 'wrong-txt';
  readonly name: string;
  readonly expected: string;
  readonly received: readonly string[];
}

/** The whole validation's budget ran out. */
export interface OverallTimeoutFailure {
  readonly class: 'overall-timeout';
  readonly budgetMs: number;
  readonly at?: HopReference;
}

/** A fault of ours: a crash interrupted the validation, or a bug. The cause is in the log. */
export interface InternalFailure {
  readonly class: 'internal';
  readonly detail: string;
}
