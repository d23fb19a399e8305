import type { DerNode } from './der-reader.ts';
import { DerError } from './der-reader.ts';
import { TAG } from './der-writer.ts';

/** Walks the members of a constructed value in order. Every method throws DerError (`structure`) where it must. */
export interface DerCursor {
  /** The next member, which must have this tag, or any if none is given. `what` names it in the error. */
  take(what: string, tag?: number): DerNode;
  /** The next member if it has this tag. */
  takeIf(tag: number): DerNode | undefined;
  /** Requires that nothing is left. */
  end(what: string): void;
}

/** A cursor over the members of a value that must have this tag. `what` names the value in errors. */
export function membersOf(node: DerNode, what: string, tag: number = TAG.sequence): DerCursor {
  requireTag(node, what, tag);
  let index = 0;
  const peek = () => node.children[index];
  return {
    take: (name, expected) => {
      const next = peek();
      if (next === undefined) throw new DerError('structure', `Its ${what} ends before the ${name}.`);
      if (expected !== undefined) requireTag(next, name, expected);
      index += 1;
      return next;
    },
    takeIf: (expected) => {
      const next = peek();
      if (next?.tag !== expected) return undefined;
      index += 1;
      return next;
    },
    end: (name) => {
      if (peek() !== undefined) throw new DerError('structure', `Its ${name} has too many members.`);
    },
  };
}

/** Throws DerError unless the value has the tag. */
export function requireTag(node: DerNode, what: string, tag: number): void {
  if (node.tag !== tag)
    throw new DerError(
      'structure',
      `Its ${what} has the tag 0x${node.tag.toString(16)} instead of 0x${tag.toString(16)}.`,
    );
}

/** The dotted text of an OBJECT IDENTIFIER. */
export function readObjectIdentifier(node: DerNode, what: string): string {
  requireTag(node, what, TAG.objectIdentifier);
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of node.content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [joined = 0n, ...rest] = arcs;
  const first = joined < 80n ? joined / 40n : 2n;
  return [first, joined - first * 40n, ...rest].join('.');
}

/** The octets of a BIT STRING that has no unused bits. */
export function readBitString(node: DerNode, what: string): Uint8Array {
  requireTag(node, what, TAG.bitString);
  if (node.content[0] !== 0) throw new DerError('structure', `Its ${what} is not made of whole octets.`);
  return node.content.subarray(1);
}

/** The big-endian octets of a non-negative INTEGER, without a leading zero; one zero octet for 0. */
export function readUnsignedInteger(node: DerNode, what: string): Uint8Array {
  requireTag(node, what, TAG.integer);
  if ((node.content[0] ?? 0) >= 0x80) throw new DerError('structure', `Its ${what} is negative.`);
  return node.content.length > 1 && node.content[0] === 0 ? node.content.subarray(1) : node.content;
}

/** A small non-negative INTEGER. Throws DerError beyond 2^31. */
export function readSmallInteger(node: DerNode, what: string): number {
  const octets = readUnsignedInteger(node, what);
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  if (value > 0x7fffffff) throw new DerError('structure', `Its ${what} is too large.`);
  return value;
}
