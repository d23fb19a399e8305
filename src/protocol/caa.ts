/** One CAA record: RFC 8659 section 4.1. */
export interface CaaRecord {
  /** The bit of value 128: whoever does not understand the tag must not issue. */
  readonly critical: boolean;
  /** In lower case: matching ignores it. */
  readonly tag: string;
  readonly value: string;
}

/** What forbids issuance, or allows it: RFC 8659 section 4, RFC 8657. */
export type CaaDecision =
  | 'no-records'
  | 'no-restriction'
  | 'authorized'
  | 'not-authorized'
  | 'unknown-critical'
  | 'wrong-account'
  | 'wrong-method'
  | 'malformed-record';
