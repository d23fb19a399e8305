import { encode, RECURSION_DESIRED } from 'dns-packet';
import type { DnsRecord } from './answer-record.ts';
import { usableRecord } from './answer-record.ts';
import type { ExtendedError } from './extended-errors.ts';
import { readExtendedErrors } from './extended-errors.ts';
import { normaliseName } from './host-name.ts';
import { MalformedMessageError, MessageReader } from './message-reader.ts';
import type { RecordType } from './resolver.ts';

/** What is asked: a normalised name (lower case, no final dot) and a type, of class IN. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
}

export interface DnsResponse {
  /** RFC 1035's mnemonic, or `RCODE17` for one without. */
  readonly rcode: string;
  /** Only the records that a look-up can use: A, AAAA, TXT, CAA, CNAME of class IN. Empty when `truncated`. */
  readonly records: readonly DnsRecord[];
  readonly truncated: boolean;
  /** What the server says beyond the code, where it says anything. */
  readonly extendedErrors?: readonly ExtendedError[];
}

/** `unrelated`: not an answer to this question, to be ignored. */
export type DecodedMessage =
  | { readonly kind: 'response'; readonly response: DnsResponse }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'unrelated' };

/** The size that fits every path without fragments, as the DNS flag day of 2020 agreed. */
const UDP_PAYLOAD_BYTES = 1232;

const CLASS_IN = 1;
const TYPE_OPT = 41;
const TYPE_NUMBERS: Readonly<Record<RecordType, number>> = { A: 1, TXT: 16, AAAA: 28, CAA: 257 };
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
  // RFC 1035 section 4.1.1: QR is set, and the kind of query (opcode) is the one that was sent, zero.
  const isResponse = (flags & 0xf800) === 0x8000;
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
  let extendedErrors: readonly ExtendedError[] = [];
  for (let index = 0; index < others; index += 1) {
    const { type, ttl, data } = reader.record();
    if (type !== TYPE_OPT) continue;
    // RFC 6891 section 6.1.3: the upper eight bits of the response code.
    rcode = Math.floor(ttl / 2 ** 24) * 16 + lowRcode;
    extendedErrors = readExtendedErrors(reader.bytes(data.start, data.end));
  }
  const response = { rcode: rcodeName(rcode), records, truncated };
  return {
    kind: 'response',
    response: extendedErrors.length > 0 ? { ...response, extendedErrors } : response,
  };
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

function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? (rcode === 16 ? 'BADVERS' : `RCODE${rcode}`);
}
