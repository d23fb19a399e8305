import ts from 'typescript';
import { expect, test } from 'vitest';
import type { SourceFile } from './source-tree.ts';
import { readSourceTree, roomOf, walk } from './source-tree.ts';

const tree = readSourceTree();

/** Ambient time, chance and environment, each with the places that may touch it. */
const AMBIENT: readonly { readonly text: string; readonly allowed: (file: SourceFile) => boolean }[] = [
  { text: 'Date.now', allowed: (file) => file.path === 'runtime/clock.ts' },
  { text: 'performance.now', allowed: (file) => file.path === 'runtime/timer.ts' },
  { text: 'Math.random', allowed: () => false },
  { text: 'process.env', allowed: (file) => file.path === 'cli/environment.ts' },
  { text: 'process.exit', allowed: (file) => roomOf(file.path) === 'cli' },
  { text: 'process.exitCode', allowed: (file) => roomOf(file.path) === 'cli' },
  { text: 'process.on', allowed: (file) => roomOf(file.path) === 'cli' },
  { text: 'process.once', allowed: (file) => roomOf(file.path) === 'cli' },
];

test('time, chance, environment and signals are touched in their one place', () => {
  const wrong: string[] = [];
  for (const file of tree) {
    walk(file.ast, (node) => {
      if (!ts.isPropertyAccessExpression(node)) return;
      const ambient = AMBIENT.find((entry) => entry.text === node.getText());
      if (ambient !== undefined && !ambient.allowed(file))
        wrong.push(`${place(file, node)}: ${ambient.text}`);
    });
  }
  expect(wrong).toEqual([]);
});

test('`new Date()` without an argument reads the clock, so it is not used', () => {
  const wrong: string[] = [];
  for (const file of tree) {
    walk(file.ast, (node) => {
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'Date') return;
      if (node.arguments === undefined || node.arguments.length === 0) wrong.push(place(file, node));
    });
  }
  expect(wrong).toEqual([]);
});

test('nothing is typed any', () => {
  const wrong: string[] = [];
  for (const file of tree) {
    walk(file.ast, (node) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) wrong.push(place(file, node));
    });
  }
  expect(wrong).toEqual([]);
});

test('no file switches a rule of the linter or the compiler off', () => {
  const wrong = tree.filter((file) => /biome-ignore|@ts-(ignore|nocheck|expect-error)/.test(file.text));
  expect(wrong.map((file) => file.path)).toEqual([]);
});

/** Where a defect of Node.js makes it needed, and nothing reads it. */
const KEPT_FOR_EVER = ['NEVER_COLLECTED'];

test('no module keeps mutable state: many CAs live in one process', () => {
  const wrong: string[] = [];
  for (const file of tree) {
    for (const statement of file.ast.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0) wrong.push(place(file, statement));
      for (const declaration of statement.declarationList.declarations)
        if (isMutable(declaration) && !KEPT_FOR_EVER.includes(declaration.name.getText()))
          wrong.push(place(file, declaration));
    }
  }
  expect(wrong).toEqual([]);
});

/** A collection that can change: a Map or a Set that is not typed as a readonly one, or an array literal so. */
function isMutable({ initializer: made, type }: ts.VariableDeclaration): boolean {
  if (made === undefined) return false;
  if (ts.isArrayLiteralExpression(made)) return !/^(readonly|ReadonlyArray)\b/.test(type?.getText() ?? '');
  const isCollection = ts.isNewExpression(made) && /^(Map|Set|WeakMap)$/.test(made.expression.getText());
  return isCollection && !/^Readonly(Map|Set)\b/.test(type?.getText() ?? '');
}

function place(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.ast.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
