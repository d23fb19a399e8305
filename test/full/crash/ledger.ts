import type { AccountKey } from '../../../src/jws/sign.ts';

/**
 * What the server has acknowledged, entry by entry. Where a request was cut off before its answer, both outcomes are
 * possible, and the entry says so; everything else must be as it stands here after any crash.
 */
export class Ledger {
  readonly accounts: AccountEntry[] = [];
  readonly orders: OrderEntry[] = [];
  /** Nonces that were redeemed, and nonces that were given out and never used. */
  readonly nonces = new Set<string>();
  answers = 0;
  readonly #urls = new Map<string, object>();

  /** Enters that the server has given the URL to this entry. Answers false when another one was given it before. */
  claim(url: string, entry: object): boolean {
    const owner = this.#urls.get(url);
    this.#urls.set(url, owner ?? entry);
    return owner === undefined || owner === entry;
  }
}

export interface AccountEntry {
  readonly url: string;
  readonly key: AccountKey;
  /** The contacts that the server may answer: one, unless an update was cut off. */
  contacts: readonly string[];
  status: 'valid' | 'maybe-deactivated' | 'deactivated';
}

export interface OrderEntry {
  readonly url: string;
  readonly account: AccountEntry;
  readonly name: string;
  readonly finalizeUrl: string;
  readonly authorizationUrl: string;
  challengeUrl: string | undefined;
  /** The furthest that an answer has shown. */
  stage: 'pending' | 'challenged' | 'ready' | 'valid';
  authorization: 'open' | 'maybe-deactivated' | 'deactivated';
  certificateUrl: string | undefined;
  pem: string | undefined;
  revocation: 'none' | 'maybe' | 'revoked';
  /**
   * `ended`: everything of the order has expired, so it may still be there, whole, or swept. `swept`: an answer has shown
   * that it is gone, and it must stay so.
   */
  life: 'open' | 'ended' | 'swept';
}
