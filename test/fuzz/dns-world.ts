import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'vitest';
import type { RecordType } from '../../src/dns/resolver.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { resolverFor } from '../dns/resolver-for.ts';
import type { DnsReply, ReceivedQuery } from '../support/dns-server.ts';
import { answerMessage, record, startDnsServer } from '../support/dns-server.ts';
import { judgeShape, judgeSound, POISON } from './dns-answers.ts';
import type { DnsLie, Forgery, SoundAnswer } from './dns-lies.ts';
import { spoil } from './dns-lies.ts';

/** A resolver, and the server that lies to it. */
export interface DnsWorld {
  /** Looks a name up that the server lies about, and checks the answer. */
  tell(lie: DnsLie): Promise<void>;
  /** Deadlines that nobody has cancelled yet: none, while no look-up is under way. */
  deadlines(): number;
  stop(): Promise<void>;
}

/** More than a busy machine needs, since no lie leaves a question without any answer. */
const TIMEOUT_MS = 2500;

/** Starts the two, at the loopback address of one family. */
export async function startDnsWorld(address: '127.0.0.1' | '::1'): Promise<DnsWorld> {
  const spoofer = createSocket(address === '::1' ? 'udp6' : 'udp4');
  spoofer.bind(0, address);
  await once(spoofer, 'listening');
  const lies = new Map<string, DnsLie>();
  const dns = await startDnsServer((query) => {
    const lie = lies.get(query.name.split('.').at(-3) ?? '');
    return lie === undefined ? { rcode: 5 } : reply(query, lie, spoofer);
  }, address);
  let deadlines = 0;
  const timer = {
    now: systemTimer.now,
    after: (milliseconds: number, action: () => void) => {
      const cancel = systemTimer.after(milliseconds, action);
      deadlines += 1;
      let counted = true;
      return () => {
        if (counted) deadlines -= 1;
        counted = false;
        cancel();
      };
    },
  };
  const resolver = resolverFor({ servers: [dns.server], timeoutMs: TIMEOUT_MS }, { timer });
  let told = 0;
  return {
    async tell(lie) {
      told += 1;
      const key = `n${told}`;
      lies.set(key, lie);
      const type: RecordType = lie.lie === 'chain' ? 'A' : lie.sound.type;
      const answer = await resolver.lookup(`${key}.fuzz.test`, type);
      lies.delete(key);
      dns.forgetQueries();
      if (lie.lie === 'forged' || lie.lie === 'odd') judgeSound(answer, lie.sound);
      else judgeShape(answer, type);
      if (lie.lie !== 'chain') return;
      const ends = !lie.loop && lie.length <= 8;
      expect(answer).toMatchObject({ outcome: ends ? 'answered' : 'malformed-answer' });
    },
    deadlines: () => deadlines,
    stop: async () => {
      resolver.close();
      spoofer.close();
      await dns.stop();
    },
  };
}

async function reply(query: ReceivedQuery, lie: DnsLie, spoofer: Socket): Promise<DnsReply> {
  switch (lie.lie) {
    case 'spoilt': {
      if (lie.overTcp && query.transport === 'udp') return { truncate: true };
      const sound = soundReply(query, lie.sound);
      return { ...sound, before: [spoil(answerMessage(query, sound), lie.edits)] };
    }
    case 'forged': {
      if (lie.overTcp && query.transport === 'udp') return { truncate: true };
      const poison = { answers: [record(query.name, lie.sound.type, POISON[lie.sound.type])] };
      if (query.transport === 'udp' && lie.forgeries.includes('another port')) {
        const bytes = answerMessage(query, poison);
        await new Promise((resolve) => spoofer.send(bytes, query.remotePort, query.remoteAddress, resolve));
      }
      const before = lie.forgeries.map((forgery) => forged(query, poison, forgery));
      return { ...soundReply(query, lie.sound), before };
    }
    case 'odd': {
      const bytes = answerMessage(query, soundReply(query, lie.sound));
      if (lie.upperCase) upperCase(bytes);
      return { raw: Buffer.concat([bytes, Buffer.alloc(lie.afterTheEnd, 0xc0)]) };
    }
    case 'stream': {
      if (query.transport === 'udp') return { truncate: true };
      const bytes = answerMessage(query, soundReply(query, lie.sound));
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Math.min(0xffff, Math.max(0, bytes.length + lie.tooLong)));
      const stream = Buffer.concat([Buffer.alloc(2 * lie.emptyBefore), length, spoil(bytes, lie.edits)]);
      return { stream };
    }
    case 'chain':
      return chainReply(query, lie);
  }
}

function soundReply(query: ReceivedQuery, sound: SoundAnswer): DnsReply {
  const { type, rcode, cnames, values, extraText } = sound;
  const names = [query.name, ...Array.from({ length: cnames }, (_, index) => `c${index}.${query.name}`)];
  const chain = names.slice(1).map((target, index) => record(names[index] ?? '', 'CNAME', target));
  const end = names.at(-1) ?? '';
  const moved = query.name.startsWith('c');
  return {
    rcode,
    answers: [
      ...(moved ? [] : chain),
      ...values.map((value) => record(moved ? query.name : end, type, value)),
    ],
    ...(extraText === undefined ? {} : { extendedErrors: [{ code: 6, text: extraText }] }),
  };
}

/** A message that is not the answer, for the one reason. */
function forged(query: ReceivedQuery, poison: DnsReply, forgery: Forgery): Buffer {
  const bytes = answerMessage(query, poison);
  const questionEnd = bytes.indexOf(0, 12) + 5;
  switch (forgery) {
    case 'wrong id':
      return answerMessage({ ...query, id: (query.id + 1) % 65_536 }, poison);
    case 'wrong name':
      return answerMessage({ ...query, name: `x${query.name}` }, poison);
    case 'wrong type':
      return answerMessage({ ...query, type: query.type === 'A' ? 'TXT' : 'A' }, poison);
    case 'wrong class':
      bytes.writeUInt16BE(3, questionEnd - 2);
      return bytes;
    case 'no question':
      bytes.writeUInt16BE(0, 4);
      return Buffer.concat([bytes.subarray(0, 12), bytes.subarray(questionEnd)]);
    case 'two questions': {
      const question = bytes.subarray(12, questionEnd);
      bytes.writeUInt16BE(2, 4);
      return Buffer.concat([bytes.subarray(0, questionEnd), question, bytes.subarray(questionEnd)]);
    }
    case 'a query':
      bytes.writeUInt16BE(bytes.readUInt16BE(2) & 0x7fff, 2);
      return bytes;
    case 'another opcode':
      bytes.writeUInt16BE(bytes.readUInt16BE(2) | (5 << 11), 2);
      return bytes;
    case 'one byte':
      return bytes.subarray(0, 1);
    case 'another port':
    case 'nothing':
      return Buffer.alloc(0);
  }
}

/** The letters of the question's name. */
function upperCase(bytes: Buffer): void {
  const end = bytes.indexOf(0, 12);
  for (let at = 12; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x61 && byte <= 0x7a) bytes[at] = byte - 0x20;
  }
}

function chainReply(query: ReceivedQuery, chain: Extract<DnsLie, { lie: 'chain' }>): DnsReply {
  const [first = '', ...rest] = query.name.split('.');
  const base = first.startsWith('c') ? rest.join('.') : query.name;
  const nameAt = (index: number) => (index === 0 ? base : `c${index}.${base}`);
  const answers = [];
  let index = first.startsWith('c') ? Number(first.slice(1)) : 0;
  for (let count = 0; count < chain.each && index < chain.length; count += 1) {
    const target = chain.loop && index + 1 === chain.length ? 0 : index + 1;
    answers.push(record(nameAt(index), 'CNAME', nameAt(target)));
    index += 1;
  }
  if (index === chain.length && !chain.loop) answers.push(record(nameAt(index), 'A', '198.51.100.1'));
  return { answers };
}
