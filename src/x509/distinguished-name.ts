import { membersOf, readObjectIdentifier } from './der-cursor.ts';
import type { DerNode } from './der-reader.ts';
import { DerError } from './der-reader.ts';
import {
  encodeAsciiText,
  encodeDer,
  encodeObjectIdentifier,
  encodeSequence,
  encodeUtf8String,
  TAG,
} from './der-writer.ts';
import { OID } from './object-identifiers.ts';

/** X.680 section 41.4. */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/**
 * The DER of a Name of one common name, or of an empty Name: RFC 5280 section 4.1.2.4. Throws a RangeError for more than the
 * 64 characters of its appendix A.1.
 */
export function encodeName(commonName: string | undefined): Uint8Array {
  if (commonName === undefined) return encodeSequence();
  if (commonName.length === 0 || commonName.length > 64)
    throw new RangeError(`A common name has 1 to 64 characters, not ${commonName.length}.`);
  const value = PRINTABLE.test(commonName)
    ? encodeAsciiText(TAG.printableString, commonName)
    : encodeUtf8String(commonName);
  const attribute = encodeSequence(encodeObjectIdentifier(OID.commonName), value);
  return encodeSequence(encodeDer(TAG.set, attribute));
}

/** All common names of a Name, in its order. Throws DerError. */
export function readCommonNames(name: DerNode): readonly string[] {
  membersOf(name, 'subject');
  const found: string[] = [];
  for (const relative of name.children) {
    membersOf(relative, 'relative distinguished name', TAG.set);
    for (const attribute of relative.children) {
      const members = membersOf(attribute, 'attribute of the subject');
      const type = readObjectIdentifier(members.take('type'), 'type of an attribute of the subject');
      const value = members.take('value');
      members.end('attribute of the subject');
      if (type === OID.commonName) found.push(readDirectoryString(value));
    }
  }
  return found;
}

/** RFC 5280 section 4.1.2.4, and IA5String, which some programs write. */
function readDirectoryString(node: DerNode): string {
  const octets = Buffer.from(node.content);
  switch (node.tag) {
    case TAG.utf8String:
      return decodeUtf8(octets);
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.teletexString:
      return octets.toString('latin1');
    case TAG.bmpString:
      return octets.swap16().toString('utf16le');
    default:
      throw new DerError(
        'structure',
        `Its common name is of a type (0x${node.tag.toString(16)}) without text.`,
      );
  }
}

function decodeUtf8(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new DerError('structure', 'Its common name is not UTF-8.');
  }
}
