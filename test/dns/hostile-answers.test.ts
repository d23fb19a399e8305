import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { RecordType } from '../../src/dns/resolver.ts';
import type { DnsHandler, ReceivedQuery } from '../support/dns-server.ts';
import { answerMessage, rawRecord, record, startDnsServer } from '../support/dns-server.ts';
import { resolverFor } from './resolver-for.ts';

const TXT = 16;
const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

async function lookUp(handler: DnsHandler, type: RecordType = 'A') {
  const dns = await startDnsServer(handler);
  const resolver = resolverFor({ servers: [dns.server] });
  clean.push(
    () => resolver.close(),
    () => dns.stop(),
  );
  return { answer: await resolver.lookup('a.test', type), queries: dns.queries };
}

const sound = { answers: [record('a.test', 'A', '192.0.2.1')] };
const poison = { answers: [record('a.test', 'A', '192.0.2.66')] };

/** The sound answer's bytes with some of the header's counts told anew. */
function counted(query: ReceivedQuery, counts: Readonly<Record<number, number>>): Buffer {
  const bytes = answerMessage(query, poison);
  for (const [offset, count] of Object.entries(counts)) bytes.writeUInt16BE(count, Number(offset));
  return bytes;
}

describe('the sound answer is taken, whatever came before it', () => {
  test.each<[string, (query: ReceivedQuery) => Buffer[]]>([
    [
      'every other id near the right one',
      (query) =>
        Array.from({ length: 200 }, (_, index) =>
          answerMessage({ ...query, id: (query.id + 1 + index) % 65_536 }, poison),
        ),
    ],
    ['a name that only begins alike', (query) => [answerMessage({ ...query, name: 'a.test.test' }, poison)]],
    ['65,535 questions, of which one is there', (query) => [counted(query, { 4: 65_535 })]],
    ['two questions, the second one in the place of an answer', (query) => [counted(query, { 4: 2, 6: 0 })]],
    ['no question, with records', (query) => [counted(query, { 4: 0 })]],
  ])('%s', async (_what, before) => {
    const { answer, queries } = await lookUp((query) => ({ ...sound, before: before(query) }));
    expect(answer).toMatchObject({ outcome: 'answered', values: ['192.0.2.1'], tries: 1 });
    expect(queries).toHaveLength(1);
  });

  // All of 127.0.0.0/8 is this host on Linux alone.
  test.skipIf(process.platform !== 'linux')(
    'the same answer from the right port of another address',
    async () => {
      const spoofer = createSocket('udp4');
      clean.push(() => spoofer.close());
      const dns = await startDnsServer(async (query) => {
        await new Promise<void>((resolve) => {
          spoofer.send(answerMessage(query, poison), query.remotePort, query.remoteAddress, () => resolve());
        });
        return sound;
      });
      spoofer.bind(dns.port, '127.0.0.9');
      await once(spoofer, 'listening');
      const resolver = resolverFor({ servers: [dns.server] });
      clean.push(
        () => resolver.close(),
        () => dns.stop(),
      );
      expect(await resolver.lookup('a.test', 'A')).toMatchObject({ values: ['192.0.2.1'], tries: 1 });
    },
  );
});

describe('odd, and still an answer:', () => {
  test('the question in other letters (RFC 4343)', async () => {
    const { answer } = await lookUp((query) => ({ raw: answerMessage({ ...query, name: 'A.tEsT' }, sound) }));
    expect(answer).toMatchObject({ outcome: 'answered', values: ['192.0.2.1'] });
  });

  test('bytes after the end are not read', async () => {
    const { answer } = await lookUp((query) => ({
      raw: Buffer.concat([answerMessage(query, sound), answerMessage(query, poison)]),
    }));
    expect(answer).toMatchObject({ values: ['192.0.2.1'] });
  });

  test('a TXT record of no strings, and of an empty one, are empty texts', async () => {
    const { answer } = await lookUp(
      () => ({
        answers: [
          rawRecord('a.test', TXT, Buffer.of()),
          rawRecord('a.test', TXT, Buffer.of(0)),
          rawRecord('a.test', TXT, Buffer.of(0, 1, 65, 0)),
        ],
      }),
      'TXT',
    );
    expect(answer).toMatchObject({ outcome: 'answered', values: ['', '', 'A'] });
  });

  test('a datagram far larger than was announced', async () => {
    const answers = Array.from({ length: 2500 }, (_, index) =>
      record('a.test', 'A', `192.0.${index >> 8}.${index & 255}`),
    );
    const { answer, queries } = await lookUp(() => ({ answers }));
    expect(answer).toMatchObject({ outcome: 'answered', tries: 1 });
    expect(answer.values).toHaveLength(2500);
    expect(queries[0]).toMatchObject({ transport: 'udp', udpPayloadSize: 1232 });
  });

  test('thousands of records over TCP, in their order', async () => {
    const texts = Array.from({ length: 2500 }, (_, index) => String(index));
    const { answer } = await lookUp(
      () => ({ answers: texts.map((text) => record('a.test', 'TXT', text)), truncate: true }),
      'TXT',
    );
    expect(answer).toMatchObject({ outcome: 'answered', values: texts });
  });
});

describe('what is wrong with an answer is said:', () => {
  test.each<[string, DnsHandler, string]>([
    [
      'more records are counted than there are',
      (query) => ({ raw: counted(query, { 6: 2 }) }),
      'the message ends too early',
    ],
    [
      '65,535 records are counted',
      (query) => ({ raw: counted(query, { 6: 65_535 }) }),
      'the message ends too early',
    ],
    [
      'additional records are counted',
      (query) => ({ raw: counted(query, { 10: 1 }) }),
      'the message ends too early',
    ],
    [
      'a name that points to itself',
      (query) => ({
        raw: Buffer.concat([counted(query, { 6: 2 }), Buffer.of(0xc0, answerMessage(query, poison).length)]),
      }),
      'a name points forward',
    ],
    [
      'a TXT record that ends inside a string',
      () => ({ answers: [rawRecord('a.test', TXT, Buffer.of(5, 65))] }),
      'a TXT record ends inside a string',
    ],
    [
      'an empty A record',
      () => ({ answers: [rawRecord('a.test', 1, Buffer.of())] }),
      'an A record is not 4 bytes long',
    ],
    [
      'cut short over TCP as well',
      (query) => {
        if (query.transport === 'udp') return { truncate: true };
        const raw = answerMessage(query, sound);
        raw.writeUInt16BE(raw.readUInt16BE(2) | 0x0200, 2);
        return { raw };
      },
      'it is cut short over TCP as well',
    ],
  ])('%s', async (_what, handler, reason) => {
    const { answer } = await lookUp(handler);
    expect(answer).toMatchObject({
      outcome: 'malformed-answer',
      values: [],
      tries: 1,
      detail: `the answer is damaged: ${reason}`,
    });
  });
});
