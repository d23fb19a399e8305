import type { AddressFamily, AddressFamilyRule } from './address-family-rule.ts';
import type { CaaDecision, CaaRecord } from './caa.ts';
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
  | PersistFailure
  | AlpnFailure
  | CertificateFailure
  | CaaFailure
  | CaaLookupFailure
  | PerspectivesFailure
  | OverallTimeoutFailure
  | InternalFailure;

export interface FailedLookup {
  readonly name: string;
  readonly type: LookupType;
  readonly outcome: LookupOutcome;
  readonly rcode?: string;
  readonly server?: string;
  /** What the server said about its error (RFC 8914), or what is wrong with its answer; printable. */
  readonly because?: string;
  /** The source address of a perspective that this CA's own host does not have, so that nothing was asked. */
  readonly lacksSource?: string;
  /** Where the name leads, when it is an alias (CNAME). */
  readonly alias?: string;
  /** True where the CNAMEs themselves cannot be followed: nothing is wrong with the server. */
  readonly brokenAlias?: true;
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
  /** dns-persist-01: the record that would have passed. */
  readonly expected?: string;
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
  /** Where the name leads, when it is an alias (CNAME). */
  readonly alias?: string;
  /** Who answered; absent for a literal address. */
  readonly addressSource?: LookupSource;
  /** What was to be fetched, when this is a redirect target. */
  readonly url?: string;
  readonly from?: HopReference;
}

/** Where something failed: what a detail names first. */
export interface Place {
  /** What was to be fetched; absent in tls-alpn-01, which fetches nothing. */
  readonly url?: string;
  readonly address: string;
}

/** A request that was under way. */
export interface HopReference extends Place {
  readonly url: string;
}

/** Present when the host had another address to try, so that a rule decided whether it is. */
export interface RuleDecision {
  /** The rule that ended it. */
  readonly rule?: AddressFamilyRule;
  /** The decision in words. */
  readonly reason?: string;
}

/** The attempt over IPv6 that failed first, where the one that ended the validation was its retry. */
export type EarlierAttempt =
  | { readonly address: string; readonly kind: DialFailureKind }
  /** tls-alpn-01 under the policy `boulder`: connected, and then no TLS connection, or one without a certificate. */
  | { readonly address: string; readonly kind: 'tls'; readonly tls: TlsFailureKind | 'no-certificate' };

/** What the attempt that ended a validation leaves behind, beside its own cause. */
export interface EndedAttempt extends Place, RuleDecision {
  readonly earlier?: EarlierAttempt;
  /**
   * The identifier, where tls-alpn-01 failed over IPv6 under the policy `boulder` and had no IPv4 address to try: of whatever
   * cause, Let's Encrypt's code then says `malformed`, and that it could not contact the host.
   */
  readonly unableToContact?: string;
}

/** A connection could not be made, and no (further) retry was due. */
export interface ConnectFailure extends EndedAttempt {
  readonly class: 'connect';
  /** Whose address it is; absent in records of older versions, whose URL says it. */
  readonly hostname?: string;
  readonly family: AddressFamily;
  readonly port: number;
  readonly kind: DialFailureKind;
  readonly code?: string;
  readonly budgetMs: number;
  /** True where a redirect led here. */
  readonly redirected?: true;
  /** Where the address came from; absent for a literal address. */
  readonly addressSource?: LookupSource;
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
  /** Of what came in place of HTTP, the first bytes, printable. */
  readonly start?: string;
  /** How many bytes of the body had come, and how many Content-Length announced. */
  readonly body?: { readonly bytes: number; readonly of?: number };
}

/** `no-alpn`: the server's alert says that it does not speak `acme-tls/1`. */
export type TlsFailureKind = 'handshake' | 'timeout' | 'version' | 'closed' | 'not-tls' | 'no-alpn';

/** The TLS handshake of tls-alpn-01, or on a hop that a redirect led to. */
export interface TlsFailure extends EndedAttempt {
  readonly class: 'tls';
  /** Present in tls-alpn-01; a hop's URL says it otherwise. */
  readonly port?: number;
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
  | 'denied-address'
  | 'public-suffix'
  | 'too-long'
  | 'unparseable'
  | 'old-tls';

/** A redirect that is not followed. */
export interface RedirectFailure extends HopReference {
  readonly class: 'redirect';
  readonly refusal: RedirectRefusal;
  /**
   * What failed before the first request was made again, where that came to the same redirect once more: the policy `boulder`
   * calls it a loop then.
   */
  readonly earlier?: EarlierAttempt;
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
  /** Whose label the name has, in dns-account-01. */
  readonly accountUrl?: string;
  /** Where the name leads, when it is an alias (CNAME). */
  readonly alias?: string;
  /** dns-persist-01, whose record no client computes: the one that would have passed. */
  readonly expected?: string;
  /** Who said so. */
  readonly answerSource?: LookupSource;
  /** Present where a wildcard was asked for, which http-01 cannot prove. */
  readonly wildcard?: true;
}

/**
 * What seems to have gone wrong with a TXT value: the digest in quotation marks, with something else around it, in another
 * base64 or in hexadecimal, with its letters changed, or without its end; a key authorization or the token in its place; the digest of
 * something else.
 */
export type WrongTxtCause =
  | 'quoted'
  | 'surrounded'
  | 'base64'
  | 'hexadecimal'
  | 'letter-case'
  | 'cut-short'
  | 'key-authorization'
  | 'token'
  | 'other-digest';

export interface WrongTxtFailure {
  readonly class: 'wrong-txt';
  readonly name: string;
  /** Whose label the name has, in dns-account-01. */
  readonly accountUrl?: string;
  /** Where the name leads, when it is an alias (CNAME). */
  readonly alias?: string;
  readonly expected: string;
  readonly received: readonly string[];
  /** How many values there are, where not all of them are kept. */
  readonly receivedInAll?: number;
  /** Of what was received, the value that comes nearest; absent in records of older versions. */
  readonly nearest?: string;
  readonly cause?: WrongTxtCause;
}

/** `malformed`: a record that names this CA breaks the syntax, which outranks the rest. `other-issuers`: none names it. */
export type PersistFault = 'malformed' | 'unauthorized' | 'other-issuers';

/** dns-persist-01: there are TXT records at the name, and none gives leave. */
export interface PersistFailure {
  readonly class: 'persist';
  readonly name: string;
  /** Where the name leads, when it is an alias (CNAME). */
  readonly alias?: string;
  readonly fault: PersistFault;
  /** One for each record that names this CA, in words that begin with "it"; under `other-issuers` the names that they have. */
  readonly reasons: readonly string[];
  /** The record that would have passed. */
  readonly expected: string;
}

/** tls-alpn-01: the server did not agree on `acme-tls/1` (RFC 8737 section 3). */
export interface AlpnFailure extends EndedAttempt {
  readonly class: 'alpn';
  /** The identifier that was asked for. */
  readonly hostname: string;
  readonly port: number;
  /** What it agreed on; absent when nothing. */
  readonly negotiated?: string;
}

/** What is wrong with a validation certificate of tls-alpn-01: RFC 8737 section 3. */
export type CertificateFault =
  | 'absent'
  | 'unreadable'
  | 'not-self-signed'
  | 'repeated-extension'
  | 'no-subject-alt-name'
  | 'wrong-subject-alt-name'
  | 'no-acme-identifier'
  | 'acme-identifier-not-critical'
  | 'acme-identifier-malformed'
  | 'wrong-digest';

export interface CertificateFailure extends EndedAttempt {
  readonly class: 'certificate';
  /** The identifier that was asked for. */
  readonly hostname: string;
  readonly port: number;
  readonly fault: CertificateFault;
  /** A sentence about what cannot be read, or what stands there twice; absent where the fault says it all. */
  readonly detail?: string;
  /** Names (`DNS:...`, `IP:...`), or digests in hexadecimal. */
  readonly expected?: string;
  readonly received?: string;
}

/** A CAA record set that does not let this CA issue: RFC 8659, RFC 8657. */
export interface CaaFailure {
  readonly class: 'caa';
  readonly name: string;
  readonly wildcard: boolean;
  /** The name whose records forbid it. */
  readonly foundAt: string;
  readonly decision: Exclude<CaaDecision, 'no-records' | 'no-restriction' | 'authorized'>;
  /** The record that decided; where none names this CA, the first of them. */
  readonly record: CaaRecord;
  /** What this CA is called in CAA records. */
  readonly identities: readonly string[];
  /** The account or the method that the record would have had to allow. */
  readonly expected?: string;
  /** What is wrong with a malformed record, in words. */
  readonly reason?: string;
  /** Its value as it was probably meant, with all that it asks for, where that can be told. */
  readonly meant?: string;
  /** The name that was asked about, where it is an alias (CNAME) of the one with the records. */
  readonly alias?: string;
}

/** A CAA look-up that failed forbids issuance: RFC 8659 section 3 (as Let's Encrypt reads it). */
export interface CaaLookupFailure {
  readonly class: 'caa-lookup';
  readonly name: string;
  readonly wildcard: boolean;
  readonly lookup: FailedLookup;
}

/** Too many remote perspectives saw something else. */
export interface PerspectivesFailure {
  readonly class: 'perspectives';
  readonly remotes: number;
  readonly allowed: number;
  /** Where the primary perspective connected to, in order; absent where it did not, and in records of older versions. */
  readonly primaryAddresses?: readonly string[];
  /** Those that did not corroborate, in the order of the configuration. */
  readonly disagreeing: readonly { readonly perspective: string; readonly failure: ValidationFailure }[];
}

/** The whole validation's budget ran out. */
export interface OverallTimeoutFailure {
  readonly class: 'overall-timeout';
  readonly budgetMs: number;
  readonly at?: Place;
}

/** A fault of ours: a crash interrupted the validation, or a bug. The cause is in the log. */
export interface InternalFailure {
  readonly class: 'internal';
  readonly detail: string;
}
