/** Messages of a TLS 1.2 server, written by hand: what no TLS library lets a server send. RFC 5246. */

const TLS_1_2 = [3, 3] as const;
const HANDSHAKE = 22;
const ALERT = 21;
/** TLS_RSA_WITH_AES_128_GCM_SHA256 and, for TLS 1.1, TLS_RSA_WITH_AES_128_CBC_SHA: both of which clients offer. */
const SUITES = { '1.2': [0x00, 0x9c], '1.1': [0x00, 0x2f] } as const;
/** An empty renegotiation_info (RFC 5746), without which OpenSSL 3 goes no further. */
const RENEGOTIATION_INFO = [0xff, 0x01, 0, 1, 0] as const;

/** A ServerHello that agrees on a version and, with TLS 1.2, on an application protocol. */
export function serverHello(version: '1.1' | '1.2', protocol?: string): Buffer {
  const number = version === '1.2' ? TLS_1_2 : [3, 2];
  const random = new Array<number>(32).fill(7);
  const extensions = protocol === undefined ? RENEGOTIATION_INFO : [...RENEGOTIATION_INFO, ...alpn(protocol)];
  return handshakeMessage(2, [
    ...number,
    ...random,
    0,
    ...SUITES[version],
    0,
    ...twoOctets(extensions.length),
    ...extensions,
  ]);
}

/** A Certificate message with whatever bytes. */
export function certificateMessage(...certificates: readonly Uint8Array[]): Buffer {
  const list = certificates.flatMap((der) => [...threeOctets(der.length), ...der]);
  return handshakeMessage(11, [...threeOctets(list.length), ...list]);
}

/** A fatal alert. */
export function fatalAlert(description: number): Buffer {
  return record(ALERT, [2, description]);
}

/** RFC 7301 section 3.1. */
function alpn(protocol: string): readonly number[] {
  const list = [protocol.length, ...Buffer.from(protocol)];
  return [0, 16, ...twoOctets(list.length + 2), ...twoOctets(list.length), ...list];
}

function handshakeMessage(type: number, body: readonly number[]): Buffer {
  return record(HANDSHAKE, [type, ...threeOctets(body.length), ...body]);
}

function record(type: number, body: readonly number[]): Buffer {
  return Buffer.from([type, ...TLS_1_2, ...twoOctets(body.length), ...body]);
}

function twoOctets(number: number): readonly number[] {
  return [number >> 8, number & 0xff];
}

function threeOctets(number: number): readonly number[] {
  return [number >> 16, (number >> 8) & 0xff, number & 0xff];
}
