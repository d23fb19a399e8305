import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { AddressSettings } from './address-admission.ts';
import { judgeAddress } from './address-admission.ts';
import type { PolicyRefusal } from './policy-refusal.ts';

/**
 * Says what is wrong with an `ip` identifier (RFC 8738 section 3: the text form of RFC 1123 section 2.1 or RFC 5952
 * section 4), or undefined when it may be ordered. What may not be dialled may not be ordered either.
 */
export function refuseIpAddress(value: string, settings: AddressSettings): PolicyRefusal | undefined {
  if (value === '') return malformed('is empty');
  if (value.includes('%'))
    return malformed('has a zone, which means something on one host only; leave it out');
  if (!isIPv4(value) && !isIPv6(value)) return malformed('is not an IPv4 or IPv6 address');
  if (isIPv6(value)) {
    const address = ipaddr.IPv6.parse(value);
    // RFC 4291 section 2.5.5.2: a notation for an IPv4 node, not an address that anything is reached at.
    if (address.isIPv4MappedAddress()) {
      return malformed(
        `is an IPv4 address in IPv6 notation; ask for ${address.toIPv4Address().toString()} instead`,
      );
    }
    const canonical = address.toRFC5952String();
    if (canonical !== value)
      return malformed(`is not in canonical form; write it as ${canonical} (RFC 5952)`);
  }
  const verdict = judgeAddress(value, settings);
  if (verdict.admitted) return undefined;
  const detail =
    verdict.because === 'reserved'
      ? `is in a reserved address block: ${verdict.block.source}: ${verdict.block.name}`
      : `is in ${verdict.prefix}, which this CA denies (validation.denyAddresses)`;
  return { code: 'rejectedIdentifier', detail };
}

/** `detail` is the predicate of a sentence; the caller puts the address in front. */
function malformed(detail: string): PolicyRefusal {
  return { code: 'malformed', detail };
}
