import ipaddr from 'ipaddr.js';
import type { CaaRecord } from './caa-record.ts';
import { readCaa } from './caa-record.ts';
import { normaliseName } from './host-name.ts';
import type { MessageReader, RawRecord } from './message-reader.ts';
import { MalformedMessageError } from './message-reader.ts';
import type { RecordType } from './resolver.ts';

/** A record of the answer section; names are normalised. */
export interface DnsRecord {
  readonly owner: string;
  readonly type: RecordType | 'CNAME';
  readonly ttlSeconds: number;
  /** Addresses in canonical text, TXT with its strings joined, CNAME normalised, CAA in presentation form. */
  readonly value: string;
  /** The parts of a CAA record. */
  readonly caa?: CaaRecord;
}

/** RFC 2181 section 8: a TTL with the highest bit set is zero. */
const LARGEST_TTL = 2 ** 31 - 1;

const CLASS_IN = 1;
const TYPE_NAMES: Readonly<Record<number, DnsRecord['type']>> = {
  1: 'A',
  5: 'CNAME',
  16: 'TXT',
  28: 'AAAA',
  257: 'CAA',
};

/** What a look-up can use of a record: undefined for another type or class. Throws MalformedMessageError. */
export function usableRecord(reader: MessageReader, raw: RawRecord): DnsRecord | undefined {
  const type = TYPE_NAMES[raw.type];
  if (type === undefined || raw.class !== CLASS_IN) return undefined;
  return {
    owner: normaliseName(raw.owner),
    type,
    ttlSeconds: raw.ttl > LARGEST_TTL ? 0 : raw.ttl,
    ...recordData(reader, type, raw.data),
  };
}

function recordData(
  reader: MessageReader,
  type: DnsRecord['type'],
  data: RawRecord['data'],
): Pick<DnsRecord, 'value' | 'caa'> {
  const bytes = reader.bytes(data.start, data.end);
  switch (type) {
    case 'A':
      if (bytes.length !== 4) throw new MalformedMessageError('an A record is not 4 bytes long');
      return { value: bytes.join('.') };
    case 'AAAA':
      if (bytes.length !== 16) throw new MalformedMessageError('an AAAA record is not 16 bytes long');
      return { value: ipaddr.fromByteArray([...bytes]).toString() };
    case 'TXT':
      return { value: joinStrings(bytes) };
    case 'CAA': {
      const { record, text } = readCaa(bytes);
      return { value: text, caa: record };
    }
    case 'CNAME': {
      const { text, next } = reader.nameAt(data.start);
      if (next !== data.end) throw new MalformedMessageError('a CNAME record is not as long as its name');
      return { value: normaliseName(text) };
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
