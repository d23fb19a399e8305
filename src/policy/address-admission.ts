import ipaddr from 'ipaddr.js';
import type { AddressPrefix } from './address-prefix.ts';
import { parsePrefix } from './address-prefix.ts';
import { parseWithoutMapping } from './literal-address.ts';
import type { ReservedBlock } from './reserved-addresses.ts';
import { reservedBlock } from './reserved-addresses.ts';

/** Which addresses may be dialled and issued for: the settings `validation.*Addresses`. */
export interface AddressSettings {
  /** False to leave out what IANA reserves for special purposes. */
  readonly allowReservedAddresses: boolean;
  /** Prefixes that are admitted although reserved, or although inside a larger one that is denied. */
  readonly allowAddresses: readonly string[];
  /** Prefixes that are not admitted. */
  readonly denyAddresses: readonly string[];
}

export type AddressVerdict =
  | {
      readonly admitted: true;
      /** The prefix of `allowAddresses` that admits what would not be admitted without it. */
      readonly exception?: string;
    }
  | { readonly admitted: false; readonly because: 'reserved'; readonly block: ReservedBlock }
  /** By a prefix of `denyAddresses`. */
  | { readonly admitted: false; readonly because: 'denied'; readonly prefix: string };

/**
 * Judges a literal address: of the prefixes that it is in, the longest decides, and of equal ones that which denies; where there
 * is none, the special-purpose registries do. An IPv4-mapped address counts as its IPv4 address, which is where it leads. Throws
 * when the text is not an address.
 */
export function judgeAddress(address: string, settings: AddressSettings): AddressVerdict {
  const block = settings.allowReservedAddresses ? undefined : reservedBlock(address);
  const reserved: AddressVerdict | undefined =
    block === undefined ? undefined : { admitted: false, because: 'reserved', block };
  if (settings.allowAddresses.length + settings.denyAddresses.length === 0) return reserved ?? ADMITTED;
  const parsed = parseWithoutMapping(address);
  const translated = translatedAddress(parsed);
  const denied = longestMatch(parsed, settings.denyAddresses);
  const allowed = longestMatch(parsed, settings.allowAddresses);
  const behind =
    translated === undefined ? undefined : judgeAddress(translated, { ...settings, ...ALL_RESERVED });
  if (behind?.admitted === false) return behind;
  if (denied !== undefined && (allowed === undefined || denied.bits >= allowed.bits))
    return { admitted: false, because: 'denied', prefix: denied.text };
  if (allowed === undefined) return reserved ?? ADMITTED;
  return denied === undefined && reserved === undefined
    ? ADMITTED
    : { admitted: true, exception: allowed.text };
}

const ADMITTED: AddressVerdict = { admitted: true };
const ALL_RESERVED = { allowReservedAddresses: true } as const;
const TRANSLATED = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** RFC 6052 section 2.1: where a translator is, an address of 64:ff9b::/96 leads to the IPv4 address in its last 32 bits. */
function translatedAddress(address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined {
  if (!(address instanceof ipaddr.IPv6) || !address.match(TRANSLATED)) return undefined;
  return address.toByteArray().slice(-4).join('.');
}

function longestMatch(
  address: ipaddr.IPv4 | ipaddr.IPv6,
  texts: readonly string[],
): AddressPrefix | undefined {
  let longest: AddressPrefix | undefined;
  for (const text of texts) {
    const prefix = parsePrefix(text);
    // The configuration holds none that cannot be read.
    if (!prefix.ok) throw new Error(`unreachable: ${text} is no prefix`);
    const { network, bits } = prefix.value;
    const matches = network.kind() === address.kind() && address.match(network, bits);
    if (matches && (longest === undefined || bits > longest.bits)) longest = prefix.value;
  }
  return longest;
}
