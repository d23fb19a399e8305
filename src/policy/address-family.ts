import { isIP } from 'node:net';
import type { AddressFamily, AddressFamilyRule, AddressPolicy } from '../protocol/address-family-rule.ts';

/** The challenges that connect to the host that is validated. */
export type ConnectingChallengeType = 'http-01' | 'tls-alpn-01';

export interface PlannedAddress {
  readonly address: string;
  readonly family: AddressFamily;
}

/** The usable addresses of a host, each family in the order of its answer. */
export interface ResolvedAddresses {
  readonly ipv6: readonly string[];
  readonly ipv4: readonly string[];
}

export interface AddressRequest {
  /** 0 for the first request of a validation, 1 for what its redirect leads to, and so on. */
  readonly hop: number;
  readonly challengeType: ConnectingChallengeType;
}

/** Which addresses of a host would be dialled. */
export interface AddressPlan {
  /** Absent when the host has no usable address. */
  readonly first?: PlannedAddress;
  /** The one address that a retry may use under this policy, if a failure leads to one. */
  readonly spare?: PlannedAddress;
  /** The host's IPv4 address when IPv6 goes first, whether the policy may use it or not. */
  readonly otherFamily?: PlannedAddress;
  /** What the plan rests on. Empty when there was nothing to choose. */
  readonly rules: readonly AddressFamilyRule[];
}

/**
 * Decides, before the first packet leaves, which address of a host is dialled, and which one is kept for a retry. Only
 * one address of each family is ever used, however many the answers hold (docs/address-family-rules.md).
 */
export function planAddresses(
  resolved: ResolvedAddresses,
  request: AddressRequest,
  policy: AddressPolicy,
): AddressPlan {
  const ipv6 = planned(resolved.ipv6[0], 'ipv6');
  const ipv4 = planned(resolved.ipv4[0], 'ipv4');
  if (ipv6 === undefined || ipv4 === undefined) {
    const only = ipv6 ?? ipv4;
    return only === undefined ? { rules: [] } : { first: only, rules: [] };
  }
  const preference: AddressFamilyRule = request.hop === 0 ? 'prefer-ipv6' : 'redirect-prefers-ipv6';
  const { keepsSpare, rule } = spareUnder(policy, request);
  const rules = rule === undefined ? [preference] : [preference, rule];
  const plan = { first: ipv6, otherFamily: ipv4, rules };
  return keepsSpare ? { ...plan, spare: ipv4 } : plan;
}

function planned(address: string | undefined, family: AddressFamily): PlannedAddress | undefined {
  return address === undefined ? undefined : { address, family };
}

function spareUnder(
  policy: AddressPolicy,
  { hop, challengeType }: AddressRequest,
): { readonly keepsSpare: boolean; readonly rule?: AddressFamilyRule } {
  if (policy === 'never') return { keepsSpare: false };
  if (challengeType !== 'http-01') return { keepsSpare: policy === 'boulder', rule: 'http-01-only' };
  if (hop === 0) return { keepsSpare: true, rule: 'retry-ipv4-on-connect-timeout' };
  return { keepsSpare: policy === 'every-hop', rule: 'redirect-no-retry' };
}

/** The family of a literal address. */
export function familyOf(address: string): AddressFamily {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
