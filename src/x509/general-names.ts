import { membersOf } from './der-cursor.ts';
import type { DerNode } from './der-reader.ts';
import { DerError } from './der-reader.ts';
import { contextPrimitive, encodeAsciiText, encodeDer, encodeSequence } from './der-writer.ts';
import { ipAddressFromBytes, ipAddressToBytes } from './ip-address.ts';

/** Kinds of names (RFC 5280 section 4.2.1.6) beside DNS names and addresses. */
export type OtherNameKind =
  | 'otherName'
  | 'email'
  | 'x400Address'
  | 'directoryName'
  | 'ediPartyName'
  | 'uri'
  | 'registeredId';

/** The names of a subject alternative name extension, in the order of the extension. */
export interface AlternativeNames {
  /** As they stand there: case and trailing dots included. ASCII. */
  readonly dnsNames: readonly string[];
  /** Canonical text: RFC 5952 for IPv6. */
  readonly ipAddresses: readonly string[];
  readonly otherNames: readonly OtherNameKind[];
}

export const NO_NAMES: AlternativeNames = { dnsNames: [], ipAddresses: [], otherNames: [] };

const DNS_NAME = 2;
const IP_ADDRESS = 7;
const OTHER_KINDS: readonly (OtherNameKind | undefined)[] = [
  'otherName',
  'email',
  undefined,
  'x400Address',
  'directoryName',
  'ediPartyName',
  'uri',
  undefined,
  'registeredId',
];

/** Writes GeneralNames: the DNS names, then the addresses, each in the order given. Throws a RangeError for what is neither. */
export function encodeGeneralNames(dnsNames: readonly string[], ipAddresses: readonly string[]): Uint8Array {
  const names = dnsNames.map((name) => {
    // RFC 5280 section 4.2.1.6: an IA5String in preferred name syntax; names beyond ASCII go as A-labels.
    if (!/^[\x21-\x7e]+$/.test(name))
      throw new RangeError(`${JSON.stringify(name)} is not a DNS name in ASCII.`);
    return encodeAsciiText(contextPrimitive(DNS_NAME), name);
  });
  const addresses = ipAddresses.map((text) =>
    encodeDer(contextPrimitive(IP_ADDRESS), ipAddressToBytes(text)),
  );
  return encodeSequence(...names, ...addresses);
}

/** Reads GeneralNames. Throws DerError. */
export function readGeneralNames(node: DerNode): AlternativeNames {
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  const otherNames: OtherNameKind[] = [];
  membersOf(node, 'subject alternative name');
  if (node.children.length === 0)
    throw new DerError('structure', 'Its subject alternative name extension is empty.');
  for (const name of node.children) {
    if (name.tag === contextPrimitive(DNS_NAME)) dnsNames.push(readDnsName(name));
    else if (name.tag === contextPrimitive(IP_ADDRESS)) ipAddresses.push(readIpAddress(name));
    else otherNames.push(readOtherKind(name));
  }
  return { dnsNames, ipAddresses, otherNames };
}

function readDnsName(node: DerNode): string {
  if (node.content.some((octet) => octet <= 0x20 || octet >= 0x7f))
    throw new DerError('structure', 'One of its DNS names holds characters other than printable ASCII.');
  return Buffer.from(node.content).toString('latin1');
}

function readIpAddress(node: DerNode): string {
  const text = ipAddressFromBytes(node.content);
  if (text === undefined)
    throw new DerError(
      'structure',
      `One of its IP addresses has ${node.content.length} bytes instead of 4 or 16.`,
    );
  return text;
}

function readOtherKind(node: DerNode): OtherNameKind {
  const kind = (node.tag & 0xc0) === 0x80 ? OTHER_KINDS[node.tag & 0x1f] : undefined;
  if (kind === undefined)
    throw new DerError('structure', 'One of its alternative names is of no kind that RFC 5280 has.');
  return kind;
}
