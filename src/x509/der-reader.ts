import asn1 from 'node-forge/lib/asn1.js';
import { encodeDer, TAG } from './der-writer.ts';

/** Bounds of what is read: hostile input must not cost more than its size. */
const MAXIMUM_DER_BYTES = 64 * 1024;
const MAXIMUM_DER_DEPTH = 32;

export type DerRefusalReason = 'too-large' | 'too-deep' | 'not-der' | 'structure' | 'duplicate';

/** Bytes that cannot be read. Stays inside this room: parsing functions catch it and answer a refusal. */
export class DerError extends Error {
  readonly reason: DerRefusalReason;

  constructor(reason: DerRefusalReason, message: string) {
    super(message);
    this.name = 'DerError';
    this.reason = reason;
  }
}

/** One value of a DER structure. */
export interface DerNode {
  /** The identifier octet. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Empty for primitive values. */
  readonly children: readonly DerNode[];
  /** The whole value with its header, as it was read. */
  readonly encoded: Uint8Array;
}

/**
 * Reads exactly one DER value. node-forge reads BER, so what it read is written again and compared: unequal means that
 * it was not DER (X.690 section 10). Throws DerError, also for more than `maximumBytes`.
 */
export function readDer(der: Uint8Array, maximumBytes = MAXIMUM_DER_BYTES): DerNode {
  if (der.length > maximumBytes)
    throw new DerError('too-large', `It has ${der.length} bytes; at most ${maximumBytes} are read.`);
  const node = toNode(parse(der));
  if (!Buffer.from(node.encoded).equals(der))
    throw new DerError('not-der', 'It is BER, but not DER: a length is not in its shortest form.');
  return node;
}

function parse(der: Uint8Array): asn1.Asn1 {
  try {
    return asn1.fromDer(Buffer.from(der).toString('latin1'), {
      strict: true,
      parseAllBytes: true,
      // Bit strings that happen to look like ASN.1 must stay bytes: keys and signatures are hashed and compared.
      decodeBitStrings: false,
      maxDepth: MAXIMUM_DER_DEPTH,
    });
  } catch (error) {
    if (error instanceof Error && error.message.includes('Max depth'))
      throw new DerError('too-deep', `It is nested deeper than ${MAXIMUM_DER_DEPTH} levels.`);
    // The library's own words are about its functions.
    throw new DerError(
      'not-der',
      'It is not DER: it is cut off, a length in it does not fit, or bytes follow it.',
    );
  }
}

function toNode(read: asn1.Asn1): DerNode {
  const tag = read.tagClass | (read.constructed ? 0x20 : 0) | read.type;
  if (read.type === 0x1f)
    throw new DerError('not-der', 'It has a tag number above 30, which no certificate or request has.');
  if (typeof read.value === 'string') {
    const content = Buffer.from(read.value, 'latin1');
    const octets = read.type === (TAG.bmpString & 0x1f) ? doubleOctets(read.value) : content;
    checkPrimitive(tag, octets);
    return { tag, content: octets, children: [], encoded: encodeDer(tag, octets) };
  }
  if ((tag & 0xc0) === 0 && tag !== TAG.sequence && tag !== TAG.set)
    throw new DerError('not-der', 'It is not DER: a string is in pieces.');
  const children = read.value.map(toNode);
  const encoded = encodeDer(tag, ...children.map((child) => child.encoded));
  const contentLength = children.reduce((sum, child) => sum + child.encoded.length, 0);
  return { tag, content: encoded.subarray(encoded.length - contentLength), children, encoded };
}

/** node-forge reads every value of tag number 30 as pairs of octets. */
function doubleOctets(value: string): Uint8Array {
  return Buffer.from(value, 'utf16le').swap16();
}

/** The rules of DER that writing the same content again does not show: X.690 sections 8.2 to 8.19 and 11. */
function checkPrimitive(tag: number, content: Uint8Array): void {
  const [first = 0, second = 0] = content;
  const refuse = (what: string): never => {
    throw new DerError('not-der', `It is not DER: ${what}.`);
  };
  if (tag === TAG.boolean && !(content.length === 1 && (first === 0 || first === 0xff)))
    refuse('a BOOLEAN is neither 00 nor ff');
  if (tag === TAG.null && content.length !== 0) refuse('a NULL has content');
  if (tag === TAG.integer) {
    if (content.length === 0) refuse('an INTEGER is empty');
    if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
      refuse('an INTEGER is not in its shortest form');
  }
  if (tag === TAG.bitString) {
    const last = content[content.length - 1] ?? 0;
    if (content.length === 0 || first > 7 || (content.length === 1 && first !== 0))
      refuse('a BIT STRING counts its unused bits wrongly');
    if (content.length > 1 && (last & ((1 << first) - 1)) !== 0)
      refuse('the unused bits of a BIT STRING are not zero');
  }
  if (tag === TAG.objectIdentifier && !isObjectIdentifier(content)) refuse('an OBJECT IDENTIFIER is damaged');
  if (tag === 0x00 || tag === (TAG.sequence & 0x1f) || tag === (TAG.set & 0x1f))
    refuse('a SEQUENCE or SET is primitive, or a value has the tag 0');
}

/** X.690 section 8.19.2: complete subidentifiers, none beginning with a superfluous 0x80. */
function isObjectIdentifier(content: Uint8Array): boolean {
  // The longest in use have some 20 octets; a bound keeps the arithmetic on huge arcs out.
  if (content.length === 0 || content.length > 64) return false;
  if ((content[content.length - 1] ?? 0x80) >= 0x80) return false;
  return content.every((octet, index) => octet !== 0x80 || (content[index - 1] ?? 0) >= 0x80);
}
