import type { Socket as DatagramSocket, RemoteInfo } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer, isIPv6 } from 'node:net';
import type { Answer, CaaData, Question } from 'dns-packet';
import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE } from 'dns-packet';

/** A query as it arrived. */
export interface ReceivedQuery {
  readonly name: string;
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The size of the EDNS0 option, when the query has one. */
  readonly udpPayloadSize: number | undefined;
}

/** What to do with a query. An empty object answers NOERROR without records. */
export interface DnsReply {
  /** A number of RFC 1035 section 4.1.1: 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  readonly rcode?: number;
  readonly answers?: readonly Answer[];
  /** Extended errors (RFC 8914), sent as options of an OPT record. */
  readonly extendedErrors?: readonly { readonly code: number; readonly text?: string | Buffer }[];
  /** Never answers. */
  readonly delay?: 'never';
  /** Over UDP: the TC bit, and no records. Over TCP the records are sent. */
  readonly truncate?: boolean;
  /** Sent instead of a well-formed answer, byte for byte. */
  readonly raw?: Buffer;
  /** Over TCP: written as it is, without lengths of ours, instead of an answer; then the connection ends. */
  readonly stream?: Buffer;
  /** Sent before the answer, each as a message of its own: what a spoofer might slip in. */
  readonly before?: readonly Buffer[];
}

/** Decides on the answer; may be asynchronous, which lets a test hold an answer back until an event. */
export type DnsHandler = (query: ReceivedQuery) => DnsReply | Promise<DnsReply>;

export interface TestDnsServer {
  readonly port: number;
  /** For the setting `dns.servers`: `127.0.0.1:PORT` or `[::1]:PORT`. */
  readonly server: string;
  /** Every query so far, in the order of arrival. */
  readonly queries: readonly ReceivedQuery[];
  /** Empties `queries`, for a server that is asked for hours. */
  forgetQueries(): void;
  /** Resolves as soon as `count` queries have arrived, counted from the start. */
  received(count: number): Promise<void>;
  /** Closes both sockets and every connection; a second call does nothing. */
  stop(): Promise<void>;
}

/**
 * Starts a DNS server for tests, UDP and TCP on the same free port of a loopback address (`127.0.0.1` unless told
 * `::1`). The handler decides on every answer:
 *
 *     const dns = await startDnsServer((query) =>
 *       query.type === 'A' ? { answers: [record(query.name, 'A', '127.0.0.1')] } : {},
 *     );
 *     // ... dns.servers = [dns.server]; expect(dns.queries).toHaveLength(2); await dns.stop();
 *
 * See also `answerFrom`, for a table of names.
 */
export async function startDnsServer(
  handler: DnsHandler,
  address: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<TestDnsServer> {
  const { udp, tcp, port } = await listen(address);
  const queries: ReceivedQuery[] = [];
  const waiting = new Set<() => void>();
  const connections = new Set<Socket>();
  let stopped = false;

  async function answer(
    message: Buffer,
    from: Pick<ReceivedQuery, 'transport' | 'remoteAddress' | 'remotePort'>,
    send: (bytes: Buffer) => void,
    end?: (stream: Buffer) => void,
  ): Promise<void> {
    const packet = decode(message);
    const question = packet.questions?.[0];
    if (question === undefined) return;
    const query = received(packet.id ?? 0, question, sizeOption(packet.additionals ?? []), from);
    queries.push(query);
    for (const wake of [...waiting]) wake();
    const reply = await handler(query);
    if (stopped || reply.delay === 'never') return;
    if (reply.stream !== undefined && end !== undefined) return end(reply.stream);
    for (const bytes of reply.before ?? []) send(bytes);
    send(reply.raw ?? answerMessage(query, reply));
  }

  udp.on('message', (message, remote: RemoteInfo) => {
    const from = { transport: 'udp', remoteAddress: remote.address, remotePort: remote.port } as const;
    void answer(message, from, (bytes) => udp.send(bytes, remote.port, remote.address));
  });
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    const { remoteAddress = '', remotePort = 0 } = socket;
    const from = { transport: 'tcp', remoteAddress, remotePort } as const;
    let buffered = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const end = 2 + buffered.readUInt16BE(0);
        const message = buffered.subarray(2, end);
        buffered = buffered.subarray(end);
        const send = (bytes: Buffer) => socket.write(framed(bytes));
        void answer(message, from, send, (stream) => socket.end(stream));
      }
    });
  });

  return {
    port,
    server: isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`,
    queries,
    forgetQueries: () => {
      queries.length = 0;
    },
    received: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (queries.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    stop: async () => {
      if (stopped) return;
      stopped = true;
      for (const socket of connections) socket.destroy();
      const closed = [once(udp, 'close'), once(tcp, 'close')];
      udp.close();
      tcp.close();
      await Promise.all(closed);
    },
  };
}

/** The types whose records have a text form here. */
type TextRecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'CAA';

/**
 * An answer's record of class IN; the TTL is 300 seconds unless told. CAA is written as in a zone file, without escapes:
 * `0 issue "ca.test"`.
 */
export function record(name: string, type: TextRecordType, data: string, ttl = 300): Answer {
  if (type === 'CAA') return { name, type, data: caaData(data), ttl, class: 'IN' };
  return { name, type, data, ttl, class: 'IN' };
}

function caaData(text: string): CaaData {
  const [, flags, tag, value] = /^(\d{1,3}) (\S+) "(.*)"$/.exec(text) ?? [];
  if (flags === undefined || tag === undefined || value === undefined) {
    throw new Error(`${text} is not written as in: 0 issue "ca.test"`);
  }
  // Its type names three tags; its encoder takes any.
  return { flags: Number(flags), tag: tag as CaaData['tag'], value };
}

/** A record with a type by number (CAA is 257) and its data byte for byte, for what `record` cannot write. */
export function rawRecord(name: string, type: number, data: Uint8Array, ttl = 300): Answer {
  // dns-packet writes UNKNOWN_257 as type 257; its declarations do not know such names.
  return { name, type: `UNKNOWN_${type}` as 'NULL', data: Buffer.from(data), ttl, class: 'IN' };
}

/** Records by name and type, read at every query: a test may change the table while the server runs. */
export type ZoneTable = Readonly<
  Record<string, Readonly<Partial<Record<TextRecordType, readonly string[]>>>>
>;

/** A handler that answers from a table: NXDOMAIN for other names, CNAMEs followed inside the table (lower-case names). */
export function answerFrom(table: ZoneTable): DnsHandler {
  return (query) => {
    const answers: Answer[] = [];
    let name = query.name.toLowerCase();
    for (let hops = 0; hops <= 16; hops += 1) {
      const owner = name;
      const entry = table[owner];
      if (entry === undefined) return { rcode: 3, answers };
      const target = entry.CNAME?.[0];
      if (target === undefined || query.type === 'CNAME') {
        const type = recordType(query.type);
        const values = type === undefined ? [] : (entry[type] ?? []);
        if (type !== undefined) answers.push(...values.map((value) => record(owner, type, value)));
        return { answers };
      }
      answers.push(record(owner, 'CNAME', target));
      name = target.toLowerCase();
    }
    return { rcode: 2 };
  };
}

/** The bytes of an answer to the query: what the server sends for the reply. */
export function answerMessage(
  query: Pick<ReceivedQuery, 'id' | 'name' | 'type' | 'transport'>,
  reply: DnsReply,
): Buffer {
  const truncated = reply.truncate === true && query.transport === 'udp';
  const type = recordType(query.type) ?? 'NULL';
  return encode({
    type: 'response',
    id: query.id,
    flags:
      AUTHORITATIVE_ANSWER | RECURSION_DESIRED | (truncated ? TRUNCATED_RESPONSE : 0) | (reply.rcode ?? 0),
    questions: [{ name: query.name, type, class: 'IN' }],
    answers: truncated ? [] : [...(reply.answers ?? [])],
    additionals: reply.extendedErrors === undefined ? [] : [optRecord(reply.extendedErrors)],
  });
}

function optRecord(errors: NonNullable<DnsReply['extendedErrors']>): Answer {
  const options = errors.map(({ code, text = '' }) => {
    const infoCode = Buffer.alloc(2);
    infoCode.writeUInt16BE(code);
    // dns-packet writes any option by its number; its declarations know a few.
    return { code: 15 as 12, data: Buffer.concat([infoCode, Buffer.from(text)]) };
  });
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options,
  };
}

const TEXT_TYPES: readonly string[] = ['A', 'AAAA', 'CNAME', 'TXT', 'CAA'] satisfies TextRecordType[];

function recordType(type: string): TextRecordType | undefined {
  return isTextType(type) ? type : undefined;
}

function isTextType(type: string): type is TextRecordType {
  return TEXT_TYPES.includes(type);
}

function received(
  id: number,
  question: Question,
  udpPayloadSize: number | undefined,
  from: Pick<ReceivedQuery, 'transport' | 'remoteAddress' | 'remotePort'>,
): ReceivedQuery {
  return { name: question.name, type: question.type, id, udpPayloadSize, ...from };
}

function sizeOption(additionals: readonly Answer[]): number | undefined {
  for (const additional of additionals) if (additional.type === 'OPT') return additional.udpPayloadSize;
  return undefined;
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** TCP picks the port; where UDP finds it taken, another is tried. */
async function listen(
  address: string,
): Promise<{ readonly udp: DatagramSocket; readonly tcp: Server; readonly port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = createServer();
    tcp.listen(0, address);
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    try {
      udp.bind(port, address);
      await once(udp, 'listening');
      return { udp, tcp, port };
    } catch (error) {
      udp.close();
      tcp.close();
      if (attempt >= 20) throw error;
    }
  }
}
