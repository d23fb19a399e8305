/** A message that does not follow RFC 1035. The text says where it goes wrong. */
export class MalformedMessageError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'MalformedMessageError';
  }
}

/** A resource record whose data is still bytes: `data` is where they are in the message. */
export interface RawRecord {
  readonly owner: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: { readonly start: number; readonly end: number };
}

/** As many as a name has labels at most: more save nothing, and thousands of names of thousands cost a second. */
const MAX_POINTERS = 126;

/** RFC 1035 section 5.1: a dot inside a label must not look like the end of one. */
const LABEL_TEXT: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const plain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
  return plain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
});

/**
 * Reads a DNS message from front to back, every step inside the message and, for record data, inside its RDLENGTH.
 * dns-packet's decoder takes the length of an address for granted and may start over at the front of the message after
 * a damaged TXT record, so that what a hostile server sends is read here. Methods throw MalformedMessageError.
 */
export class MessageReader {
  readonly #message: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(message: Uint8Array) {
    this.#message = message;
    this.#view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  /** RFC 1035 section 3.1, with the pointers of section 4.1.4; letters as sent, the root is the empty string. */
  name(): string {
    const { text, next } = this.nameAt(this.#offset);
    this.#offset = next;
    return text;
  }

  record(): RawRecord {
    const owner = this.name();
    const type = this.uint16();
    const recordClass = this.uint16();
    const ttl = this.#view.getUint32(this.#advance(4));
    const length = this.uint16();
    const start = this.#advance(length);
    return { owner, type, class: recordClass, ttl, data: { start, end: start + length } };
  }

  bytes(start: number, end: number): Uint8Array {
    return this.#message.subarray(start, end);
  }

  /** A name elsewhere in the message, and where the first byte after it is. */
  nameAt(start: number): { readonly text: string; readonly next: number } {
    const labels: string[] = [];
    let length = 0;
    let offset = start;
    let next: number | undefined;
    let pointedFrom = start;
    let pointers = 0;
    for (;;) {
      const size = this.#byte(offset);
      if (size >= 0xc0) {
        const target = (size & 0x3f) * 256 + this.#byte(offset + 1);
        next ??= offset + 2;
        // "A prior occurrence" (RFC 1035 section 4.1.4): each pointer leads further back, so none leads in circles.
        if (target >= pointedFrom) throw new MalformedMessageError('a name points forward');
        pointers += 1;
        if (pointers > MAX_POINTERS) {
          throw new MalformedMessageError(`a name goes through more than ${MAX_POINTERS} pointers`);
        }
        pointedFrom = target;
        offset = target;
      } else if (size > 63) {
        throw new MalformedMessageError('a label is longer than 63 bytes');
      } else {
        length += size + 1;
        // RFC 1035 section 2.3.4.
        if (length > 255) throw new MalformedMessageError('a name is longer than 255 bytes');
        if (size === 0) return { text: labels.join('.'), next: next ?? offset + 1 };
        labels.push(this.#label(offset + 1, offset + 1 + size));
        offset += 1 + size;
      }
    }
  }

  #label(start: number, end: number): string {
    if (end > this.#message.length) throw cutShort();
    let text = '';
    for (let offset = start; offset < end; offset += 1) text += LABEL_TEXT[this.#message[offset] ?? 0];
    return text;
  }

  #byte(offset: number): number {
    const byte = this.#message[offset];
    if (byte === undefined) throw cutShort();
    return byte;
  }

  #advance(count: number): number {
    const start = this.#offset;
    if (start + count > this.#message.length) throw cutShort();
    this.#offset += count;
    return start;
  }
}

function cutShort(): MalformedMessageError {
  return new MalformedMessageError('the message ends too early');
}
