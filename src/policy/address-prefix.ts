import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import { parseAddress } from './literal-address.ts';

/** A block of addresses, as `10.0.0.0/8` or `2001:db8::/32` writes it (RFC 4632 section 3.1, RFC 4291 section 2.3). */
export interface AddressPrefix {
  /** As it was written. */
  readonly text: string;
  readonly network: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
}

/** Reads a prefix, or a single address; else says what is wrong, in words that follow "must be". */
export function parsePrefix(text: string): Result<AddressPrefix, string> {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return refused(SHAPE);
  const network = parseAddress(address);
  const longest = family === 4 ? 32 : 128;
  if (length !== undefined && !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return refused(SHAPE);
  const bits = length === undefined ? longest : Number(length);
  if (bits > longest) return refused(`a prefix of at most ${longest} bits`);
  const start = firstAddress(network, bits);
  if (length !== undefined && start.toString() !== network.toString())
    return refused(`a prefix without bits beyond its length, which is ${start.toString()}/${bits}`);
  return accepted({ text, network, bits });
}

const SHAPE = 'an address or a prefix such as 10.0.0.0/8 or 2001:db8::/32';

function firstAddress(network: AddressPrefix['network'], bits: number): AddressPrefix['network'] {
  const cidr = `${network.toString()}/${bits}`;
  return network.kind() === 'ipv4'
    ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
    : ipaddr.IPv6.networkAddressFromCIDR(cidr);
}
