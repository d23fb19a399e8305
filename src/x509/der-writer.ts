/** Identifier octets (X.690 section 8.1.2): class, constructed bit and number in one. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of a context-specific primitive, for instance `[2] IMPLICIT IA5String`. */
export function contextPrimitive(number: number): number {
  return 0x80 | number;
}

/** The identifier octet of a context-specific constructed value, for instance `[0] EXPLICIT`. */
export function contextConstructed(number: number): number {
  return 0xa0 | number;
}

/** One DER value: identifier octet, shortest definite length (X.690 section 10.1), and the parts as its content. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 | octets.length, ...octets];
  const encoded = new Uint8Array(header.length + length);
  encoded.set(header);
  let offset = header.length;
  for (const part of parts) {
    encoded.set(part, offset);
    offset += part.length;
  }
  return encoded;
}

export function encodeSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeDer(TAG.sequence, ...parts);
}

/** A non-negative INTEGER from its big-endian octets: the shortest form, with a zero in front where the sign bit is set. */
export function encodeUnsignedInteger(octets: Uint8Array): Uint8Array {
  const first = octets.findIndex((octet) => octet !== 0);
  if (first < 0) return encodeDer(TAG.integer, Uint8Array.of(0));
  const magnitude = octets.subarray(first);
  const needsZero = (magnitude[0] ?? 0) >= 0x80;
  return needsZero ? encodeDer(TAG.integer, Uint8Array.of(0), magnitude) : encodeDer(TAG.integer, magnitude);
}

/** X.690 section 11.1: TRUE is 0xff. */
export function encodeTrue(): Uint8Array {
  return encodeDer(TAG.boolean, Uint8Array.of(0xff));
}

export function encodeNull(): Uint8Array {
  return encodeDer(TAG.null);
}

export function encodeOctetString(octets: Uint8Array): Uint8Array {
  return encodeDer(TAG.octetString, octets);
}

/** A BIT STRING of whole octets. */
export function encodeBitString(octets: Uint8Array): Uint8Array {
  return encodeDer(TAG.bitString, Uint8Array.of(0), octets);
}

/** A BIT STRING with the numbered bits set, without trailing zero bits (X.690 section 11.2.2). */
export function encodeNamedBits(bits: readonly number[]): Uint8Array {
  const highest = Math.max(-1, ...bits);
  const octets = new Uint8Array(Math.floor(highest / 8) + 1);
  for (const bit of bits) {
    const index = Math.floor(bit / 8);
    octets[index] = (octets[index] ?? 0) | (0x80 >> (bit % 8));
  }
  const unused = octets.length * 8 - (highest + 1);
  return encodeDer(TAG.bitString, Uint8Array.of(unused), octets);
}

/** An OBJECT IDENTIFIER from its dotted text. Throws a RangeError for a text that is none. */
export function encodeObjectIdentifier(dotted: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9][0-9]*))+$/.test(dotted))
    throw new RangeError(`${dotted} is not an object identifier.`);
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  const octets = [first * 40n + second, ...rest].flatMap(base128);
  return encodeDer(TAG.objectIdentifier, Uint8Array.from(octets));
}

/** Text in a string type, one octet a character; only characters of that type may be in it. */
export function encodeAsciiText(tag: number, text: string): Uint8Array {
  return encodeDer(tag, Buffer.from(text, 'latin1'));
}

export function encodeUtf8String(text: string): Uint8Array {
  return encodeDer(TAG.utf8String, Buffer.from(text, 'utf8'));
}

function base128(arc: bigint): readonly number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}
