import ts from 'typescript';
import { expect, test } from 'vitest';
import type { SourceFile } from './source-tree.ts';
import { readSourceTree, roomOf } from './source-tree.ts';

/** Which rooms a room may import: wholly, or (`types`) for types alone. docs/architecture.md draws it. */
const ALLOWED: Readonly<
  Record<string, { readonly values: readonly string[]; readonly types?: readonly string[] }>
> = {
  protocol: { values: [] },
  x509: { values: [] },
  runtime: { values: [] },
  jws: { values: ['protocol'] },
  dns: { values: ['runtime'] },
  policy: { values: ['protocol'], types: ['x509'] },
  explanation: { values: ['protocol'], types: ['policy', 'x509'] },
  issuance: { values: ['protocol', 'policy', 'x509', 'runtime'] },
  validation: { values: ['protocol', 'policy', 'x509', 'dns', 'runtime'] },
  store: { values: ['protocol', 'runtime'] },
  registration: {
    values: ['protocol', 'policy', 'explanation', 'jws', 'x509', 'runtime'],
    types: ['issuance', 'validation', 'store'],
  },
  'http/acme': { values: ['protocol', 'policy', 'explanation', 'jws', 'registration', 'runtime'] },
  'http/publication': { values: ['protocol', 'runtime'], types: ['registration'] },
  client: { values: ['protocol', 'jws', 'x509', 'runtime'] },
  application: {
    values: [
      'protocol',
      'x509',
      'runtime',
      'jws',
      'dns',
      'policy',
      'explanation',
      'issuance',
      'validation',
      'store',
      'registration',
      'http/acme',
      'http/publication',
      'client',
    ],
  },
  cli: {
    values: [
      'protocol',
      'x509',
      'runtime',
      'jws',
      'dns',
      'policy',
      'explanation',
      'issuance',
      'validation',
      'store',
      'registration',
      'http/acme',
      'http/publication',
      'client',
      'application',
    ],
  },
  index: { values: ['application'] },
};

/** Packages that only the named rooms may import. */
const FENCED: Readonly<Record<string, readonly string[]>> = {
  express: ['http/acme', 'http/publication'],
  jose: ['jws'],
  'better-sqlite3': ['store'],
  'node-forge': ['x509'],
  // Tests alone: see exchange() in src/validation/http-exchange.ts.
  undici: [],
  commander: ['cli'],
  pino: ['runtime'],
  'dns-packet': ['dns'],
};

const tree = readSourceTree();

test('every import is an arrow of the table', () => {
  const wrong = tree.flatMap((file) =>
    file.imports
      .filter((arrow) => arrow.internal && roomOf(arrow.target) !== roomOf(file.path))
      .filter((arrow) => {
        const allowed = ALLOWED[roomOf(file.path)];
        const target = roomOf(arrow.target);
        return !(allowed?.values.includes(target) || (arrow.typeOnly && allowed?.types?.includes(target)));
      })
      .map((arrow) => `${file.path}:${arrow.line} imports ${arrow.target}${arrow.typeOnly ? ' (type)' : ''}`),
  );
  expect(wrong).toEqual([]);
});

test('every import names a file that exists', () => {
  const paths = new Set(tree.map((file) => file.path));
  const missing = tree.flatMap((file) =>
    file.imports
      .filter((arrow) => arrow.internal && !paths.has(arrow.target))
      .map((arrow) => `${file.path} -> ${arrow.target}`),
  );
  expect(missing).toEqual([]);
});

test('no file imports itself through others, by value or by type', () => {
  expect(cycles(tree)).toEqual([]);
});

test('a fenced package is imported by its own room alone', () => {
  const wrong = tree.flatMap((file) =>
    file.imports
      .filter((arrow) => FENCED[arrow.target]?.includes(roomOf(file.path)) === false)
      .map((arrow) => `${file.path}:${arrow.line} imports ${arrow.target}`),
  );
  expect(wrong).toEqual([]);
});

test('no file but the package itself passes on what another exports: each thing has one place', () => {
  const wrong = tree
    .filter((file) => file.path !== 'index.ts')
    .filter((file) =>
      file.ast.statements.some((node) => ts.isExportDeclaration(node) && node.moduleSpecifier),
    )
    .map((file) => file.path);
  expect(wrong).toEqual([]);
});

function cycles(files: readonly SourceFile[]): readonly string[] {
  const targets = new Map(
    files.map((file) => [
      file.path,
      file.imports.filter((arrow) => arrow.internal).map((arrow) => arrow.target),
    ]),
  );
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    if (finished.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return found;
}
