import { MalformedMessageError } from './message-reader.ts';

/** One CAA record: RFC 8659 section 4.1. */
export interface CaaRecord {
  /** The bit of value 128; all other bits are reserved, and to be ignored. */
  readonly critical: boolean;
  /** In lower case: matching ignores it. */
  readonly tag: string;
  /** One character for each byte, so that none is lost: the tag decides what the value means. Not printable as it is. */
  readonly value: string;
}

/** A record with its presentation form, `0 issue "ca.example"` (RFC 8659 section 4.1.1), which is printable ASCII. */
export interface ReadCaa {
  readonly record: CaaRecord;
  readonly text: string;
}

/**
 * Reads the data of a CAA record: flags, the length of the tag, the tag, and the value up to the end. RFC 8659 sets no
 * limit to a tag's length (the 15 characters of RFC 6844 are gone). Throws MalformedMessageError where it is empty, ends
 * beyond the record, or has other characters than letters and digits: a record that cannot be read might forbid.
 */
export function readCaa(data: Uint8Array): ReadCaa {
  const [flags, tagLength] = data;
  if (flags === undefined || tagLength === undefined) {
    throw new MalformedMessageError('a CAA record is shorter than 2 bytes');
  }
  if (tagLength === 0) throw new MalformedMessageError('a CAA record has an empty tag');
  if (2 + tagLength > data.length) throw new MalformedMessageError('a CAA record ends inside its tag');
  const tag = latin1(data.subarray(2, 2 + tagLength));
  if (!/^[A-Za-z0-9]+$/.test(tag)) {
    throw new MalformedMessageError('the tag of a CAA record has other characters than letters and digits');
  }
  const value = latin1(data.subarray(2 + tagLength));
  return {
    record: { critical: (flags & 128) !== 0, tag: tag.toLowerCase(), value },
    text: `${flags} ${tag.toLowerCase()} "${escaped(value)}"`,
  };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** The escapes of RFC 1035 section 5.1: `\"`, `\\`, and three decimal digits for what cannot be printed. */
function escaped(value: string): string {
  return value.replace(/["\\]|[^\x20-\x7e]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return `\\${String(character.charCodeAt(0)).padStart(3, '0')}`;
  });
}
