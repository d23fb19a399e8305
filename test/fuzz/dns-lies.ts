import fc from 'fast-check';
import type { RecordType } from '../../src/dns/resolver.ts';

/** A well-formed answer: CNAMEs that lead to records of the type, or an error. */
export interface SoundAnswer {
  readonly type: RecordType;
  readonly rcode: 0 | 2 | 3;
  readonly cnames: number;
  readonly values: readonly string[];
  /** The text of an extended error (RFC 8914), where there is one. */
  readonly extraText?: string | undefined;
}

/** One damage to the bytes of a message; positions are taken modulo its length. */
export type Edit =
  | { readonly edit: 'byte'; readonly at: number; readonly value: number }
  /** A number of 16 bits: a length, a type, a pointer. */
  | { readonly edit: 'word'; readonly at: number; readonly value: number }
  | { readonly edit: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly edit: 'cut'; readonly at: number }
  /** QDCOUNT, ANCOUNT, NSCOUNT or ARCOUNT. */
  | { readonly edit: 'count'; readonly section: 0 | 1 | 2 | 3; readonly value: number }
  | { readonly edit: 'flags'; readonly value: number }
  | { readonly edit: 'grow'; readonly by: number; readonly value: number }
  /** The answer section again and again, counted. */
  | { readonly edit: 'repeat'; readonly times: number };

/** A message that is no answer to the question, and brings records of its own. */
export type Forgery =
  | 'wrong id'
  | 'wrong name'
  | 'wrong type'
  | 'wrong class'
  | 'no question'
  | 'two questions'
  | 'a query'
  | 'another opcode'
  | 'another port'
  | 'one byte'
  | 'nothing';

/** What a server says instead of, or before, or after a sound answer. */
export type DnsLie =
  /** The damaged answer comes first, and the sound one after it. */
  | {
      readonly lie: 'spoilt';
      readonly sound: SoundAnswer;
      readonly edits: readonly Edit[];
      readonly overTcp: boolean;
    }
  /** All of the forgeries come before the sound answer, which must be the one that is taken. */
  | {
      readonly lie: 'forged';
      readonly sound: SoundAnswer;
      readonly forgeries: readonly Forgery[];
      readonly overTcp: boolean;
    }
  /** Odd, and still the answer. */
  | {
      readonly lie: 'odd';
      readonly sound: SoundAnswer;
      readonly upperCase: boolean;
      readonly afterTheEnd: number;
    }
  /** Over TCP: the length says `tooLong` more (or less) than there is; the stream is damaged, and ends. */
  | {
      readonly lie: 'stream';
      readonly sound: SoundAnswer;
      readonly emptyBefore: number;
      readonly tooLong: number;
      readonly edits: readonly Edit[];
    }
  /** CNAMEs over several answers, `each` in one, which end at records or lead back to the first name. */
  | { readonly lie: 'chain'; readonly length: number; readonly each: number; readonly loop: boolean };

const VALUES: Readonly<Record<RecordType, fc.Arbitrary<string>>> = {
  A: fc.nat(255).map((last) => `198.51.100.${last}`),
  AAAA: fc.integer({ min: 0x100, max: 0xffff }).map((last) => `2001:db8:1::${last.toString(16)}`),
  TXT: fc.string({ minLength: 1, maxLength: 200 }),
  CAA: fc
    .tuple(
      fc.constantFrom(0, 1, 128, 255),
      fc.constantFrom('issue', 'issuewild', 'iodef', 'x1'),
      fc.stringMatching(/^[a-z0-9.;= -]{0,60}$/),
    )
    .map(([flags, tag, value]) => `${flags} ${tag} "${value}"`),
};

const soundAnswer: fc.Arbitrary<SoundAnswer> = fc
  .constantFrom<RecordType>('A', 'AAAA', 'TXT', 'CAA')
  .chain((type) =>
    fc.record({
      type: fc.constant(type),
      rcode: fc.constantFrom(0, 0, 0, 0, 2, 3),
      cnames: fc.nat(3),
      values: fc.array(VALUES[type], { maxLength: 5 }),
      extraText: fc.option(fc.string({ maxLength: 30 }), { nil: undefined, freq: 3 }),
    }),
  );

const at = fc.oneof(fc.nat(60), fc.nat(2000));
const byte = fc.nat(255);
const word = fc.oneof(
  fc.nat(0xffff),
  fc.nat(300).map((target) => 0xc000 + target),
  fc.nat(20),
);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ edit: fc.constant('byte' as const), at, value: byte }),
  fc.record({ edit: fc.constant('word' as const), at, value: word }),
  fc.record({ edit: fc.constant('insert' as const), at, bytes: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ edit: fc.constant('cut' as const), at }),
  fc.record({ edit: fc.constant('count' as const), section: fc.constantFrom(0, 1, 2, 3), value: word }),
  fc.record({ edit: fc.constant('flags' as const), value: fc.nat(0xffff) }),
  fc.record({
    edit: fc.constant('grow' as const),
    by: fc.oneof({ weight: 20, arbitrary: fc.nat(4000) }, { weight: 1, arbitrary: fc.nat(60_000) }),
    value: byte,
  }),
  fc.record({ edit: fc.constant('repeat' as const), times: fc.oneof(fc.nat(20), fc.nat(1000)) }),
);
/** Damages to one message. */
export const dnsEdits: fc.Arbitrary<readonly Edit[]> = fc.array(edit, { minLength: 1, maxLength: 4 });

const forgery = fc.constantFrom<Forgery>(
  'wrong id',
  'wrong name',
  'wrong type',
  'wrong class',
  'no question',
  'two questions',
  'a query',
  'another opcode',
  'another port',
  'one byte',
  'nothing',
);

export const dnsLie: fc.Arbitrary<DnsLie> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      lie: fc.constant('spoilt' as const),
      sound: soundAnswer,
      edits: dnsEdits,
      overTcp: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      lie: fc.constant('forged' as const),
      sound: soundAnswer,
      forgeries: fc.array(forgery, { minLength: 1, maxLength: 12 }),
      overTcp: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      lie: fc.constant('odd' as const),
      sound: soundAnswer,
      upperCase: fc.boolean(),
      afterTheEnd: fc.nat(3000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      lie: fc.constant('stream' as const),
      sound: soundAnswer,
      emptyBefore: fc.nat(30),
      tooLong: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -20, max: 20 }),
        fc.integer({ min: 0, max: 0xffff }),
      ),
      edits: fc.array(edit, { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      lie: fc.constant('chain' as const),
      length: fc.integer({ min: 1, max: 20 }),
      each: fc.integer({ min: 1, max: 4 }),
      loop: fc.boolean(),
    }),
  },
);

/** The largest datagram that IPv4 carries. */
const LARGEST = 65_507;

/** A copy of the message with the damage done. */
export function spoil(message: Buffer, damage: readonly Edit[]): Buffer {
  let bytes: Buffer = Buffer.from(message);
  for (const each of damage) bytes = spoilOnce(bytes, each).subarray(0, LARGEST);
  return bytes;
}

function spoilOnce(bytes: Buffer, damage: Edit): Buffer {
  switch (damage.edit) {
    case 'byte':
      if (bytes.length > 0) bytes[damage.at % bytes.length] = damage.value;
      return bytes;
    case 'word':
      if (bytes.length > 1) bytes.writeUInt16BE(damage.value, damage.at % (bytes.length - 1));
      return bytes;
    case 'insert': {
      const position = damage.at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, position), damage.bytes, bytes.subarray(position)]);
    }
    case 'cut':
      return bytes.subarray(0, damage.at % (bytes.length + 1));
    case 'count':
      if (bytes.length >= 12) bytes.writeUInt16BE(damage.value, 4 + 2 * damage.section);
      return bytes;
    case 'flags':
      if (bytes.length >= 4) bytes.writeUInt16BE(damage.value, 2);
      return bytes;
    case 'grow':
      return Buffer.concat([bytes, Buffer.alloc(damage.by, damage.value)]);
    case 'repeat':
      return repeated(bytes, damage.times);
  }
}

/** The question is one name without pointers, so that its end is easily found. */
function repeated(bytes: Buffer, times: number): Buffer {
  const end = bytes.indexOf(0, 12) + 5;
  if (bytes.length < 12 || end < 17 || end > bytes.length) return bytes;
  const section = bytes.subarray(end);
  const fitting = Math.min(times, Math.floor((LARGEST - bytes.length) / Math.max(1, section.length)));
  const all = Buffer.concat([bytes, ...Array.from({ length: fitting }, () => section)]);
  all.writeUInt16BE(Math.min(0xffff, bytes.readUInt16BE(6) * (fitting + 1)), 6);
  return all;
}
