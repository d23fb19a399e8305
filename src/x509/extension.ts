import { membersOf, readObjectIdentifier } from './der-cursor.ts';
import type { DerNode } from './der-reader.ts';
import { DerError } from './der-reader.ts';
import { encodeObjectIdentifier, encodeOctetString, encodeSequence, encodeTrue, TAG } from './der-writer.ts';

/** An extension as RFC 5280 section 4.1 writes it. */
export interface Extension {
  /** Dotted object identifier. */
  readonly oid: string;
  readonly critical: boolean;
  /** The DER inside of the OCTET STRING. */
  readonly value: Uint8Array;
}

/** The DER Extensions, in the order given. */
export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  return encodeSequence(
    ...extensions.map(({ oid, critical, value }) =>
      encodeSequence(
        encodeObjectIdentifier(oid),
        ...(critical ? [encodeTrue()] : []),
        encodeOctetString(value),
      ),
    ),
  );
}

/** Reads Extensions in their order, one that stands there twice twice. Throws DerError. */
export function readExtensionList(node: DerNode): readonly Extension[] {
  membersOf(node, 'list of extensions');
  return node.children.map(readExtension);
}

/** Reads Extensions. Throws DerError, also for an extension that stands there twice (RFC 5280 section 4.2). */
export function readExtensions(node: DerNode): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  for (const extension of readExtensionList(node)) {
    if (found.has(extension.oid))
      throw new DerError('duplicate', `It has the extension ${extension.oid} twice.`);
    found.set(extension.oid, extension);
  }
  return found;
}

function readExtension(node: DerNode): Extension {
  const members = membersOf(node, 'extension');
  const oid = readObjectIdentifier(members.take('name of the extension'), 'name of the extension');
  // FALSE is the default and should be left out (X.690 section 11.5), but programs write it, and it misleads nobody.
  const critical = members.takeIf(TAG.boolean)?.content[0] === 0xff;
  const value = members.take('value of the extension', TAG.octetString).content;
  members.end('extension');
  return { oid, critical, value };
}
