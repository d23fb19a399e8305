import fc from 'fast-check';

/** A value of DER that can be spoilt: written otherwise than it was read. */
export interface DerTree {
  readonly tag: number;
  /** Absent for a primitive value. */
  readonly children?: readonly DerTree[];
  /** The octets before the children, for instance of a BIT STRING or none; the whole content of a primitive value. */
  readonly content: Uint8Array;
  readonly length?: LengthForm;
}

const LENGTH_FORMS = ['long', 'longer', 'indefinite', 'more', 'less', 'huge'] as const;
/** Forms of a length that DER does not have (X.690 section 10.1), and lengths that are wrong. */
type LengthForm = (typeof LENGTH_FORMS)[number];

/** Reads sound DER. What stands in an OCTET STRING and is DER itself becomes children. */
export function readSound(der: Uint8Array): DerTree {
  const [tree, rest] = readOne(der);
  if (rest.length > 0) throw new Error('bytes follow the value');
  return tree;
}

function readOne(der: Uint8Array): readonly [DerTree, Uint8Array] {
  const [tag = 0, first = 0] = der;
  const count = first < 0x80 ? 0 : first - 0x80;
  const length = count === 0 ? first : Buffer.from(der).readUIntBE(2, count);
  const content = der.subarray(2 + count, 2 + count + length);
  if (content.length !== length) throw new Error('cut off');
  const rest = der.subarray(2 + count + length);
  const children = (tag & 0x20) !== 0 ? readAll(content) : tag === 0x04 ? wrapped(content) : undefined;
  return [children === undefined ? { tag, content } : { tag, content: new Uint8Array(0), children }, rest];
}

function readAll(content: Uint8Array): readonly DerTree[] {
  const children: DerTree[] = [];
  for (let rest = content; rest.length > 0; ) {
    const [child, after] = readOne(rest);
    children.push(child);
    rest = after;
  }
  return children;
}

function wrapped(content: Uint8Array): readonly DerTree[] | undefined {
  try {
    return [readSound(content)];
  } catch {
    return undefined;
  }
}

export function writeDer(tree: DerTree): Buffer {
  const content = Buffer.concat([tree.content, ...(tree.children ?? []).map(writeDer)]);
  const end = tree.length === 'indefinite' ? Buffer.of(0, 0) : Buffer.of();
  return Buffer.concat([Buffer.of(tree.tag, ...lengthOctets(content.length, tree.length)), content, end]);
}

function lengthOctets(size: number, form: LengthForm | undefined): readonly number[] {
  const three = [size >> 16, (size >> 8) & 255, size & 255];
  switch (form) {
    case undefined:
      return shortestLength(size);
    case 'long':
      return [0x83, ...three];
    case 'longer':
      return [0x84, 0, ...three];
    case 'indefinite':
      return [0x80];
    case 'more':
      return shortestLength(size + 1);
    case 'less':
      return shortestLength(Math.max(0, size - 1));
    case 'huge':
      return [0x84, 0xff, 0xff, 0xff, 0xff];
  }
}

const OPERATIONS = [
  'tag',
  'content',
  'bit',
  'length',
  'remove',
  'twice',
  'insert',
  'replace',
  'swap',
  'nest',
] as const;

/** One change to a value somewhere in the tree. */
export interface DerMutation {
  readonly at: number;
  readonly operation: (typeof OPERATIONS)[number];
  readonly tag: number;
  readonly octets: Uint8Array;
  readonly form: LengthForm;
  readonly depth: number;
}

export const derMutation: fc.Arbitrary<DerMutation> = fc.record({
  at: fc.nat(400),
  operation: fc.constantFrom(...OPERATIONS),
  tag: fc.oneof(
    fc.constantFrom(
      0x00,
      0x01,
      0x02,
      0x03,
      0x04,
      0x05,
      0x06,
      0x0c,
      0x13,
      0x16,
      0x17,
      0x18,
      0x1e,
      0x1f,
      0x24,
      0x30,
      0x31,
      0x80,
      0x82,
      0x86,
      0x87,
      0xa0,
      0xa3,
      0xff,
    ),
    fc.nat(255),
  ),
  octets: fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 24 }) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(
          '',
          '*.fuzz.localhost',
          'FUZZ.localhost',
          'fuzz.localhost.',
          'fuzz.localhost\0',
          '127.0.0.1',
          'évil',
          '..',
        )
        .map((text) => Buffer.from(text)),
    },
    { weight: 1, arbitrary: fc.nat(3_000).map((size) => Buffer.alloc(size, 0xff)) },
    { weight: 1, arbitrary: fc.nat(9_000).map((size) => Buffer.alloc(size * 2, Buffer.of(0x05, 0x00))) },
  ),
  form: fc.constantFrom(...LENGTH_FORMS),
  depth: fc.oneof(fc.nat(40), fc.nat(9_000)),
});

/** The tree after the change; the root itself changes in its form only. */
export function mutateDer(tree: DerTree, mutation: DerMutation): DerTree {
  return mutateAt(tree, mutation, { left: mutation.at % countPlaces(tree) });
}

/** True when no reader of DER may take what the mutation writes, whatever it stands for. */
export function breaksDer(mutation: DerMutation): boolean {
  return mutation.operation === 'length' && mutation.form !== 'less' && mutation.form !== 'more';
}

function countPlaces({ children = [] }: DerTree): number {
  return 1 + children.reduce((sum, child) => sum + countPlaces(child), 0);
}

function mutateAt(tree: DerTree, mutation: DerMutation, place: { left: number }): DerTree {
  if (place.left === 0) {
    place.left = -1;
    return changed(tree, mutation);
  }
  place.left -= 1;
  const { children } = tree;
  if (children === undefined) return tree;
  const next = children.flatMap((child) => {
    if (place.left < 0) return [child];
    const isHere = place.left === 0;
    const after = mutateAt(child, mutation, place);
    return isHere ? around(child, after, mutation) : [after];
  });
  return { ...tree, children: next };
}

function around(
  before: DerTree,
  after: DerTree,
  { operation, tag, octets }: DerMutation,
): readonly DerTree[] {
  if (operation === 'remove') return [];
  if (operation === 'twice') return [before, before];
  if (operation === 'insert') return [before, { tag, content: octets }];
  return [after];
}

function changed(tree: DerTree, { operation, tag, octets, form, depth, at }: DerMutation): DerTree {
  switch (operation) {
    case 'tag':
      return { ...tree, tag };
    case 'content':
      return { tag: tree.tag, content: octets };
    case 'replace':
      return { tag, content: octets };
    case 'length':
      return { ...tree, length: form };
    case 'bit': {
      const content = Buffer.from(tree.content);
      const index = depth % Math.max(1, content.length);
      if (content.length > 0) content[index] = (content[index] ?? 0) ^ (1 << (at % 8));
      return { ...tree, content };
    }
    case 'swap':
      return tree.children === undefined
        ? { ...tree, content: Buffer.from(tree.content).reverse() }
        : { ...tree, children: [...tree.children].reverse() };
    case 'nest':
      return { tag: tree.tag, content: nest(depth) };
    default:
      return tree;
  }
}

/** SEQUENCEs within each other, with lengths in their shortest form; cut where a request body could not hold them. */
function nest(depth: number): Buffer {
  const parts = [Buffer.of(0x05, 0x00)];
  let size = 2;
  for (let level = 0; level < depth && size < 20_000; level += 1) {
    const header = Buffer.of(0x30, ...shortestLength(size));
    parts.push(header);
    size += header.length;
  }
  return Buffer.concat(parts.reverse());
}

function shortestLength(size: number): readonly number[] {
  if (size < 0x80) return [size];
  if (size < 0x100) return [0x81, size];
  if (size < 0x10000) return [0x82, size >> 8, size & 255];
  return [0x83, size >> 16, (size >> 8) & 255, size & 255];
}
