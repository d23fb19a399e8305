import { encode, RECURSION_DESIRED } from 'dns-packet';
import ipaddr from 'ipaddr.js';
import { normaliseName } from './host-name.ts';
import type { RawRecord } from './message-reader.ts';
import { MalformedMessageError, MessageReader } from './message-reader.ts';
import type { RecordType } from './resolver.ts';

/** What is asked: a normalised name (lower case, no final dot) and a type, of class IN. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
}

/** A record of the answer section; addresses in canonical text, TXT with its strings joined, CNAME normalised. */
export interface DnsRecord {
  readonly owner: string;
  readonly type: RecordType | 'CNAME';
  readonly ttlSeconds: number;
  readonly value: string;
}

export interface DnsResponse {
  /** RFC 1035's mnemonic, or `RCODE17` for one without. */
  readonly rcode: string;
  /** Only the records that a look-up can use: A, AAAA, TXT, CNAME of class IN. Empty when `truncated`. */
  readonly records: readonly DnsRecord[];
  readonly truncated: boolean;
}

/** `unrelated`: not an answer to this question, to be ignored. */
export type DecodedMessage =
  | { readonly kind: 'response'; readonly response: DnsResponse }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'unrelated' };

/** The size that fits every path without fragments, as the DNS flag day of 2020 agreed. */
const UDP_PAYLOAD_BYTES = 1232;

/** RFC 2181 section 8: a TTL with the highest bit set is zero. */
const LARGEST_TTL = 2 ** 31 - 1;

const CLASS_IN = 1;
const TYPE_OPT = 41;
const TYPE_NAMES: Readonly<Record<number, DnsRecord['type']>> = { 1: 'A', 5: 'CNAME', 16: 'TXT', 28: 'AAAA' };
const TYPE_NUMBERS: Readonly<Record<RecordType, number>> = { A: 1, TXT: 16, AAAA: 28 };
const RCODES: readonly string[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

/** The bytes of a recursive query with EDNS0 (RFC 6891). */
export function encodeQuery(id: number, question: DnsQuestion): Uint8Array {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ ...question, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: UDP_PAYLOAD_BYTES,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/** The id of a message, or undefined when it is too short to have one. */
export function messageId(message: Uint8Array): number | undefined {
  const [high, low] = message;
  return high === undefined || low === undefined ? undefined : high * 256 + low;
}

/** Reads a message that came with the right id from the right server. Never throws. */
export function decodeResponse(message: Uint8Array, question: DnsQuestion): DecodedMessage {
  try {
    return decode(new MessageReader(message), question);
  } catch (error) {
    if (error instanceof MalformedMessageError) return { kind: 'malformed', reason: error.message };
    throw error;
  }
}

function decode(reader: MessageReader, question: DnsQuestion): DecodedMessage {
  reader.uint16();
  const flags = reader.uint16();
  const questions = reader.uint16();
  const answers = reader.uint16();
  const others = reader.uint16() + reader.uint16();
  const isResponse = (flags & 0x8000) !== 0;
  const lowRcode = flags & 0xf;
  if (!isResponse || !asksTheSame(reader, questions, question, lowRcode)) return { kind: 'unrelated' };
  // RFC 2181 section 9: what a truncated message holds is to be ignored.
  const truncated = (flags & 0x0200) !== 0;
  if (truncated) {
    return { kind: 'response', response: { rcode: rcodeName(lowRcode), records: [], truncated } };
  }
  const records: DnsRecord[] = [];
  for (let index = 0; index < answers; index += 1) {
    const record = usableRecord(reader, reader.record());
    if (record !== undefined) records.push(record);
  }
  let rcode = lowRcode;
  for (let index = 0; index < others; index += 1) {
    const record = reader.record();
    // RFC 6891 section 6.1.3: the upper eight bits of the response code.
    if (record.type === TYPE_OPT) rcode = Math.floor(record.ttl / 2 ** 24) * 16 + lowRcode;
  }
  return { kind: 'response', response: { rcode: rcodeName(rcode), records, truncated } };
}

/** RFC 5452 section 9.1: the question must come back. Servers that could not read it answer an error without one. */
function asksTheSame(reader: MessageReader, count: number, question: DnsQuestion, rcode: number): boolean {
  if (count === 0) return rcode !== 0;
  const name = normaliseName(reader.name());
  const type = reader.uint16();
  const questionClass = reader.uint16();
  return (
    count === 1 &&
    name === question.name &&
    type === TYPE_NUMBERS[question.type] &&
    questionClass === CLASS_IN
  );
}

function usableRecord(reader: MessageReader, raw: RawRecord): DnsRecord | undefined {
  const type = TYPE_NAMES[raw.type];
  if (type === undefined || raw.class !== CLASS_IN) return undefined;
  return {
    owner: normaliseName(raw.owner),
    type,
    ttlSeconds: raw.ttl > LARGEST_TTL ? 0 : raw.ttl,
    value: recordValue(reader, type, raw.data),
  };
}

function recordValue(reader: MessageReader, type: DnsRecord['type'], data: RawRecord['data']): string {
  const bytes = reader.bytes(data.start, data.end);
  switch (type) {
    case 'A':
      if (bytes.length !== 4) throw new MalformedMessageError('an A record is not 4 bytes long');
      return bytes.join('.');
    case 'AAAA':
      if (bytes.length !== 16) throw new MalformedMessageError('an AAAA record is not 16 bytes long');
      return ipaddr.fromByteArray([...bytes]).toString();
    case 'TXT':
      return joinStrings(bytes);
    case 'CNAME': {
      const { text, next } = reader.nameAt(data.start);
      if (next !== data.end) throw new MalformedMessageError('a CNAME record is not as long as its name');
      return normaliseName(text);
    }
  }
}

/** RFC 1035 section 3.3.14: one or more strings, each behind its length. Joined as RFC 7208 section 3.3 does, no spaces. */
function joinStrings(bytes: Uint8Array): string {
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const end = offset + 1 + (bytes[offset] ?? 0);
    if (end > bytes.length) throw new MalformedMessageError('a TXT record ends inside a string');
    parts.push(bytes.subarray(offset + 1, end));
    offset = end;
  }
  return Buffer.concat(parts).toString('utf8');
}

function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? (rcode === 16 ? 'BADVERS' : `RCODE${rcode}`);
}
