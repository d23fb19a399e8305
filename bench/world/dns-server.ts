import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Room for bursts; the system may grant less. */
const RECEIVE_BYTES = 4 * 1024 * 1024;

const HEADER_BYTES = 12;
const TYPE_A = 1;
const SUFFIX = Buffer.from('\x05bench\x04test\x00', 'latin1');
/** A pointer to the question's name, type A, class IN, 60 s, four bytes: 127.0.0.1. */
const ANSWER = Buffer.from('c00c00010001000000' + '3c00047f000001', 'hex');

/**
 * Answers over UDP: A of every name below bench.test is 127.0.0.1; every other type and every other name has no record, so
 * that CAA, which is asked about up to `test`, forbids nothing. Written by hand and without EDNS, so that it costs the machine next to nothing. Returns `127.0.0.1:PORT`.
 */
export async function startDnsServer(): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = answerTo(query);
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(RECEIVE_BYTES);
  return `127.0.0.1:${socket.address().port}`;
}

/** The answer to one question, or undefined for what is no query with exactly one. */
function answerTo(query: Buffer): Buffer | undefined {
  if (query.length < HEADER_BYTES + 5 || query.readUInt16BE(4) !== 1) return undefined;
  let end = HEADER_BYTES;
  while (end < query.length && query.readUInt8(end) !== 0) end += query.readUInt8(end) + 1;
  end += 1;
  if (end + 4 > query.length) return undefined;
  const ours = query
    .subarray(end - SUFFIX.length, end)
    .toString('latin1')
    .toLowerCase();
  const hasAnswer = ours === SUFFIX.toString('latin1') && query.readUInt16BE(end) === TYPE_A;
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  // RFC 1035 section 4.1.1: an answer, authoritative, recursion as asked and available, no error.
  header.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100), 2);
  header.writeUInt16BE(hasAnswer ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end + 4), ...(hasAnswer ? [ANSWER] : [])]);
}
