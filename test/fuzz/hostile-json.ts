import fc from 'fast-check';

/** JSON as a text can hold it, which is more than a value can: members twice, numbers out of range, and what is no JSON. */
export type Tree =
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: Tree])[] }
  | { readonly kind: 'array'; readonly items: readonly Tree[] }
  | { readonly kind: 'text'; readonly text: string };

export function fromJson(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(fromJson) };
  if (typeof value === 'object' && value !== null)
    return {
      kind: 'object',
      members: Object.entries(value).map(([name, member]) => [name, fromJson(member)]),
    };
  return raw(JSON.stringify(value) ?? 'null');
}

export function toText(tree: Tree): string {
  switch (tree.kind) {
    case 'text':
      return tree.text;
    case 'array':
      return `[${tree.items.map(toText).join(',')}]`;
    case 'object':
      return `{${tree.members.map(([name, value]) => `${JSON.stringify(name)}:${toText(value)}`).join(',')}}`;
  }
}

function raw(text: string): Tree {
  return { kind: 'text', text };
}

const OPERATIONS = ['replace', 'remove', 'twice', 'add', 'wrap', 'rename'] as const;

/** One change to a JSON text. `at` chooses the place among all that the tree has. */
export interface JsonMutation {
  readonly at: number;
  readonly operation: (typeof OPERATIONS)[number];
  readonly value: string;
  readonly name: string;
}

/** Values of other types, depths, sizes and alphabets, and texts that are no JSON. */
const VALUES: readonly string[] = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1',
    '-1',
    '0.1',
    '1e400',
    '-1e400',
    '1e-400',
    '5e-324',
    '9007199254740993',
  ],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\uffff"',
    '"\\u202e"',
    '"0"',
    '"null"',
    '"%"',
    '"%zz"',
    '"\\\\"',
  ],
  ...[
    '[]',
    '[[]]',
    '{}',
    '[{}]',
    '{"length":1e9}',
    '{"then":1}',
    '{"toString":1}',
    '{"toJSON":null}',
    '{"value":{}}',
  ],
  ...[
    '{"__proto__":{"status":"valid"}}',
    '{"constructor":{"prototype":{"status":"valid"}}}',
    '[null]',
    '[1,"a",{},[]]',
  ],
  ...[
    'NaN',
    'Infinity',
    'undefined',
    "'a'",
    '01',
    '1.',
    '+1',
    '0x1',
    '[1,]',
    '{"a":1,}',
    '{',
    '"',
    '//',
    '\u{feff}1',
    '',
  ],
  ...[
    '"2030-01-01T00:00:00Z"',
    '"0000-00-00T99:99:99Z"',
    '"9999-12-31T23:59:59+23:59"',
    '"1e3"',
    '"valid"',
    '"pending"',
  ],
  ...[
    '"deactivated"',
    '"revoked"',
    '"mailto:a@b.example"',
    '"tel:+1"',
    '"mailto:"',
    '"mailto:a@b.example,c@d.example"',
  ],
  ...[
    '"mailto:%00@b.example"',
    '"mailto:%zz"',
    '"data:,x"',
    '"mailto:a@[127.0.0.1]"',
    '"MAILTO:a@b.example?subject=x"',
  ],
];

/** What could be taken for a name or an address, and is not, or is written otherwise than usual. */
const NAMES: readonly string[] = [
  ...[
    'a.localhost',
    'A.LocalHost',
    'a.localhost.',
    '.a.localhost',
    'a..localhost',
    '*.a.localhost',
    '*',
    '*.*',
    'a.*.localhost',
  ],
  ...[
    '**.localhost',
    '*.',
    '.',
    '-',
    '-a.localhost',
    'a-.localhost',
    '_a.localhost',
    'a_b.localhost',
    'xn--.localhost',
  ],
  ...[
    'xn--a.localhost',
    'xn--80ak6aa92e.com',
    'XN--BCHER-KVA.localhost',
    'b\u00fccher.localhost',
    '\u212a.localhost',
    '\u017f.localhost',
  ],
  ...[
    '\u0130.localhost',
    'a\u3002localhost',
    'a.localhost\n',
    ' a.localhost',
    'a b.localhost',
    'a\u0000.localhost',
    'a/b.localhost',
  ],
  ...[
    'a:80.localhost',
    'a@b.localhost',
    'localhost',
    'com',
    '127.0.0.1',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '127.0.0.1.',
  ],
  ...[
    '1.2.3.256',
    '::1',
    '::',
    ':::',
    '[::1]',
    '::ffff:127.0.0.1',
    '::FFFF:7f00:1',
    '0:0:0:0:0:0:0:1',
    'fe80::1%lo',
    '::1/128',
    '1::2::3',
  ],
  ...[
    `${'a'.repeat(63)}.localhost`,
    `${'a'.repeat(64)}.localhost`,
    `${'a.'.repeat(122)}localhost`,
    `${'a.'.repeat(200)}localhost`,
  ],
  ...[
    'a.123',
    '1.in-addr.arpa',
    'a.onion',
    'a.invalid',
    'constructor',
    '__proto__',
    'toString.localhost',
    'a.localhost\\u002e',
  ],
];

const nested = (depth: number, open: string, close: string): string =>
  open.repeat(depth) + close.repeat(depth);

/** Texts that no place for a text expects. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.domain(),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc.string({ maxLength: 30 }).map((text) => `${text}.localhost`),
  fc.nat(30_000).map((length) => 'a'.repeat(length)),
);

/** The text of a JSON value, or of something that is none. */
const hostileValue: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 4, arbitrary: hostileText.map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.double().map((number) => JSON.stringify(number) ?? '0') },
  { weight: 1, arbitrary: fc.bigInt().map(String) },
  {
    weight: 1,
    arbitrary: fc
      .nat(9_000)
      .map((depth) => (depth % 2 === 0 ? nested(depth, '[', ']') : nested(depth / 3, '{"a":', '}'))),
  },
  {
    weight: 1,
    arbitrary: fc
      .nat(4_000)
      .map((count) => `[${Array(count).fill('{"type":"dns","value":"a.localhost"}').join(',')}]`),
  },
);

const hostileName = fc.oneof(
  fc.constantFrom(
    ...[
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      'then',
      'toJSON',
      'length',
      '',
    ],
    ...[
      'alg',
      'nonce',
      'url',
      'kid',
      'jwk',
      'crit',
      'b64',
      'zip',
      'x5c',
      'cty',
      'identifiers',
      'status',
      'contact',
    ],
    ...[
      'csr',
      'certificate',
      'reason',
      'notBefore',
      'notAfter',
      'type',
      'value',
      'onlyReturnExisting',
      'externalAccountBinding',
    ],
    ...['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'k', 'profile', 'replaces', 'termsOfServiceAgreed'],
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

export const jsonMutation: fc.Arbitrary<JsonMutation> = fc.record({
  at: fc.nat(200),
  operation: fc.constantFrom(...OPERATIONS),
  value: hostileValue,
  name: hostileName,
});

/** The tree after the change. */
export function mutateJson(tree: Tree, mutation: JsonMutation): Tree {
  const place = { left: mutation.at % countPlaces(tree) };
  return mutateAt(tree, mutation, place);
}

function countPlaces(tree: Tree): number {
  const inside =
    tree.kind === 'array' ? tree.items : tree.kind === 'object' ? tree.members.map(([, value]) => value) : [];
  return 1 + inside.reduce((sum, child) => sum + countPlaces(child), 0);
}

/** Walks to the place that `place` counts down to. Members are changed where they stand, for a name is part of them. */
function mutateAt(tree: Tree, mutation: JsonMutation, place: { left: number }): Tree {
  if (place.left === 0) {
    place.left = -1;
    return changed(tree, mutation);
  }
  place.left -= 1;
  switch (tree.kind) {
    case 'text':
      return tree;
    case 'array':
      return {
        kind: 'array',
        items: tree.items.flatMap((item) => {
          const isHere = place.left === 0;
          const next = place.left < 0 ? item : mutateAt(item, mutation, place);
          return isHere ? aroundItem(item, next, mutation) : [next];
        }),
      };
    case 'object':
      return {
        kind: 'object',
        members: tree.members.flatMap(([name, value]) => {
          const isHere = place.left === 0;
          const next = place.left < 0 ? value : mutateAt(value, mutation, place);
          return isHere ? aroundMember(name, value, next, mutation) : [[name, next] as const];
        }),
      };
  }
}

function changed(tree: Tree, { operation, value, name }: JsonMutation): Tree {
  switch (operation) {
    case 'replace':
    case 'twice':
      return raw(value);
    case 'wrap':
      return { kind: 'array', items: [tree] };
    case 'add':
      if (tree.kind === 'object') return { kind: 'object', members: [...tree.members, [name, raw(value)]] };
      if (tree.kind === 'array') return { kind: 'array', items: [...tree.items, raw(value)] };
      return { kind: 'object', members: [[name, tree]] };
    case 'remove':
    case 'rename':
      return tree;
  }
}

function aroundItem(before: Tree, after: Tree, { operation }: JsonMutation): readonly Tree[] {
  if (operation === 'remove') return [];
  return operation === 'twice' ? [before, after] : [after];
}

function aroundMember(
  name: string,
  before: Tree,
  after: Tree,
  mutation: JsonMutation,
): readonly (readonly [string, Tree])[] {
  switch (mutation.operation) {
    case 'remove':
      return [];
    case 'twice':
      return mutation.at % 2 === 0
        ? [
            [name, before],
            [name, after],
          ]
        : [
            [name, after],
            [name, before],
          ];
    case 'rename':
      return [[mutation.name, before]];
    default:
      return [[name, after]];
  }
}
