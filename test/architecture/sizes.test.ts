import ts from 'typescript';
import { expect, test } from 'vitest';
import { readSourceTree, walk } from './source-tree.ts';

const tree = readSourceTree();

function lineCount(text: string): number {
  return text.trimEnd().split('\n').length;
}

test('no file is longer than 400 lines', () => {
  const long = tree
    .filter((file) => lineCount(file.text) > 400)
    .map((file) => `${file.path}: ${lineCount(file.text)}`);
  expect(long).toEqual([]);
});

test('half of the files are shorter than 120 lines', () => {
  const sorted = tree.map((file) => lineCount(file.text)).sort((left, right) => left - right);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(120);
});

test('no function is longer than 60 lines', () => {
  const long: string[] = [];
  for (const file of tree) {
    walk(file.ast, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
      const first = file.ast.getLineAndCharacterOfPosition(node.getStart()).line;
      const last = file.ast.getLineAndCharacterOfPosition(node.getEnd()).line;
      if (last - first + 1 > 60) long.push(`${file.path}:${first + 1}: ${last - first + 1} lines`);
    });
  }
  expect(long).toEqual([]);
});
