import type { Answer, Packet } from 'dns-packet';
import { decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DnsQuestion, DnsResponse } from '../../src/dns/dns-message.ts';
import { decodeResponse, encodeQuery, messageId } from '../../src/dns/dns-message.ts';
import { isLookupName } from '../../src/dns/host-name.ts';
import { record } from '../support/dns-server.ts';

const question: DnsQuestion = { name: 'a.test', type: 'A' };

function message(answers: readonly Answer[], packet: Packet = {}): Buffer {
  return encode({
    type: 'response',
    id: 7,
    questions: [{ name: 'a.test', type: 'A', class: 'IN' }],
    answers: [...answers],
    ...packet,
  });
}

function responseOf(bytes: Uint8Array, asked: DnsQuestion = question): DnsResponse {
  const decoded = decodeResponse(bytes, asked);
  if (decoded.kind !== 'response') throw new Error(JSON.stringify(decoded));
  return decoded.response;
}

/** A message with one record whose data is given byte for byte. */
function withData(type: number, data: readonly number[], length = data.length): Buffer {
  const head = message([]);
  head.writeUInt16BE(1, 6);
  const fields = [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, length >> 8, length & 0xff];
  return Buffer.concat([head, Buffer.from([...fields, ...data])]);
}

test('a query asks one question of class IN, recursively, with EDNS0 of 1232 bytes', () => {
  const query = decode(Buffer.from(encodeQuery(4711, { name: '_acme-challenge.a.test', type: 'TXT' })));
  expect(query).toMatchObject({ id: 4711, type: 'query', flag_rd: true, opcode: 'QUERY' });
  expect(query.questions).toEqual([{ name: '_acme-challenge.a.test', type: 'TXT', class: 'IN' }]);
  expect(query.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232, ednsVersion: 0 }]);
  expect(messageId(encodeQuery(4711, question))).toBe(4711);
});

test('the id of a message that is too short is unknown', () => {
  expect([messageId(Uint8Array.of()), messageId(Uint8Array.of(1))]).toEqual([undefined, undefined]);
});

test('reads addresses in canonical text, TXT with its strings joined, and names in lower case', () => {
  const bytes = encode({
    type: 'response',
    questions: [{ name: 'A.test', type: 'TXT', class: 'IN' }],
    answers: [
      { name: 'A.TEST', type: 'CNAME', data: 'B.test', ttl: 5 },
      { name: 'b.test', type: 'TXT', data: [Buffer.from('one '), Buffer.from('two')], ttl: 2 ** 31 },
      { name: 'b.test', type: 'AAAA', data: '2001:db8:0:0:0:0:0:1', ttl: 6 },
      { name: 'b.test', type: 'MX', data: { exchange: 'mx.test', preference: 1 } },
      { name: 'b.test', type: 'A', data: '192.0.2.1', class: 'CH' },
    ],
  });
  expect(responseOf(bytes, { name: 'a.test', type: 'TXT' }).records).toEqual([
    { owner: 'a.test', type: 'CNAME', ttlSeconds: 5, value: 'b.test' },
    { owner: 'b.test', type: 'TXT', ttlSeconds: 0, value: 'one two' },
    { owner: 'b.test', type: 'AAAA', ttlSeconds: 6, value: '2001:db8::1' },
  ]);
});

test('RFC 6891 section 6.1.3: the response code has its upper bits in the OPT record', () => {
  const option: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 512,
    extendedRcode: 1,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  expect(responseOf(message([], { additionals: [option] })).rcode).toBe('BADVERS');
  expect(responseOf(message([], { additionals: [option], flags: 7 })).rcode).toBe('RCODE23');
  expect(responseOf(message([], { flags: 3 })).rcode).toBe('NXDOMAIN');
});

test('RFC 2181 section 9: a truncated message gives no records, however it goes on', () => {
  const bytes = message([record('a.test', 'A', '192.0.2.1')], { flags: 0x0200 });
  expect(responseOf(bytes.subarray(0, bytes.length - 3))).toEqual({
    rcode: 'NOERROR',
    records: [],
    truncated: true,
  });
});

describe('ignores as unrelated', () => {
  test.each<[string, Packet]>([
    ['a query', { type: 'query' }],
    ['an answer to another kind of query', { flags: 5 << 11 }],
    ['another name', { questions: [{ name: 'b.test', type: 'A' }] }],
    ['another type', { questions: [{ name: 'a.test', type: 'AAAA' }] }],
    ['another class', { questions: [{ name: 'a.test', type: 'A', class: 'CH' }] }],
    ['no question', { questions: [] }],
    [
      'two questions',
      {
        questions: [
          { name: 'a.test', type: 'A' },
          { name: 'a.test', type: 'A' },
        ],
      },
    ],
  ])('%s', (_what, packet) => {
    const bytes = message([record('a.test', 'A', '192.0.2.66')], packet);
    expect(decodeResponse(bytes, question)).toEqual({ kind: 'unrelated' });
  });

  test('a label with a dot inside, which only looks like the name', () => {
    const bytes = message([]);
    bytes.writeUInt8(6, 12);
    bytes.write('a.test', 13, 'latin1');
    expect(decodeResponse(bytes, question)).toEqual({ kind: 'unrelated' });
  });
});

test('an error without a question is the answer of a server that could not read it', () => {
  expect(responseOf(message([], { questions: [], flags: 1 })).rcode).toBe('FORMERR');
});

test.each<[string, Buffer]>([
  ['an A record of 3 bytes', withData(1, [192, 0, 2])],
  ['an A record of 5 bytes', withData(1, [192, 0, 2, 1, 1])],
  ['an AAAA record of 4 bytes', withData(28, [192, 0, 2, 1])],
  ['a TXT string longer than its record', withData(16, [5, 65, 66])],
  ['record data beyond the message', withData(1, [192, 0], 4)],
  ['a CNAME that ends before its record does', withData(5, [1, 65, 0, 0])],
  ['a CNAME that ends after its record does', withData(5, [1, 65, 0], 2)],
  ['a CNAME that points to itself', withData(5, [0xc0, 36])],
  ['a CNAME that points forward', withData(5, [0xc0, 40, 0, 0, 0, 0])],
  ['a label of the reserved kind', withData(5, [0x80, 0])],
  ['a header cut short', message([]).subarray(0, 11)],
  ['a question cut short', message([]).subarray(0, 15)],
  ['fewer records than the header says', message([record('a.test', 'A', '192.0.2.1')]).subarray(0, 24)],
])('calls %s malformed', (_what, bytes) => {
  expect(decodeResponse(bytes, question)).toEqual({ kind: 'malformed', reason: expect.any(String) });
});

const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const anyRecord = fc.oneof(
  fc.tuple(name, fc.ipV4()).map(([owner, data]): Answer => ({ name: owner, type: 'A', data, ttl: 1 })),
  fc.tuple(name, name).map(([owner, data]): Answer => ({ name: owner, type: 'CNAME', data, ttl: 2 })),
  fc
    .tuple(name, fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 4 }))
    .map(([owner, data]): Answer => ({ name: owner, type: 'TXT', data: [...data], ttl: 3 })),
  name.map((owner): Answer => ({ name: owner, type: 'NS', data: 'ns.test', ttl: 4 })),
);

test('reads what dns-packet writes, record by record', () => {
  fc.assert(
    fc.property(name, fc.array(anyRecord, { maxLength: 8 }), (asked, answers) => {
      const bytes = message(answers, { questions: [{ name: asked, type: 'A' }] });
      const expected = (decode(bytes).answers ?? []).flatMap((answer) => {
        if (answer.type === 'A' || answer.type === 'CNAME') return [answer.data];
        if (answer.type !== 'TXT' || !Array.isArray(answer.data)) return [];
        return [answer.data.map(String).join('')];
      });
      const { records } = responseOf(bytes, { name: asked, type: 'A' });
      expect(records.map((each) => each.value)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('never throws, whatever the bytes: random ones, and good messages with damage', () => {
  const kinds = new Set<string>();
  const read = (bytes: Uint8Array) => {
    kinds.add(decodeResponse(bytes, question).kind);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), read), { numRuns: 500 });
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 8 }), damage, fc.nat(400), (answers, changes, cut) => {
      const bytes = message(answers);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      read(bytes.subarray(0, bytes.length - (cut % bytes.length)));
      read(bytes);
    }),
    { numRuns: 1000 },
  );
  expect([...kinds].sort()).toEqual(['malformed', 'response', 'unrelated']);
});

test('the largest message with the most expensive names is read in bounded time', () => {
  const labels = Array.from({ length: 120 }, () => [1, 97]).flat();
  const names = Buffer.from([...labels, 0]);
  const pointing = Buffer.from([0xc0, 24, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4]);
  const head = Buffer.concat([message([]), Buffer.from([...names, 0, 99, 0, 1, 0, 0, 0, 0, 0, 0])]);
  const count = Math.floor((65_535 - head.length) / pointing.length);
  head.writeUInt16BE(count + 1, 6);
  const bytes = Buffer.concat([head, ...Array.from({ length: count }, () => pointing)]);
  const before = performance.now();
  expect(responseOf(bytes).records).toHaveLength(count);
  expect(performance.now() - before).toBeLessThan(2000);
});

test('a name of thousands of pointers, each further back, is malformed and costs nothing', () => {
  const chain = Buffer.alloc(16_000);
  const fields = Buffer.from([0, 0, 99, 0, 1, 0, 0, 0, 0, chain.length >> 8, chain.length & 255]);
  const head = Buffer.concat([message([]), fields]);
  for (let at = 0; at < chain.length; at += 2) {
    chain.writeUInt16BE(0xc000 | (at === 0 ? 12 : head.length + at - 2), at);
  }
  const pointing = (to: number) =>
    Buffer.from([0xc0 | (to >> 8), to & 255, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4]);
  const reason = 'a name goes through more than 126 pointers';
  for (const [pointers, expected] of [
    [126, { kind: 'response' }],
    [127, { kind: 'malformed', reason }],
    [8000, { kind: 'malformed', reason }],
  ] as const) {
    const bytes = Buffer.concat([head, chain, pointing(head.length + 2 * (pointers - 2))]);
    bytes.writeUInt16BE(2, 6);
    expect(decodeResponse(bytes, question)).toMatchObject(expected);
  }
});

test.each([
  ['a.test', true],
  ['_acme-challenge.a.test', true],
  [`${'a'.repeat(63)}.test`, true],
  [`${'a'.repeat(64)}.test`, false],
  [Array.from({ length: 127 }, () => 'a').join('.'), true],
  [Array.from({ length: 128 }, () => 'a').join('.'), false],
  ['', false],
  ['a..test', false],
  ['bücher.test', false],
  ['a\\046b.test', false],
  ['a b.test', false],
])('%j can be asked for: %s', (text, expected) => {
  expect(isLookupName(text)).toBe(expected);
});
