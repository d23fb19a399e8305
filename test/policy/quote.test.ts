import { expect, test } from 'vitest';
import { quote } from '../../src/policy/quote.ts';

test('quotes a text as it is', () => {
  expect(quote('münchen.example')).toBe('"münchen.example"');
});

test.each([
  ['a quotation mark', '"', '\\"'],
  ['a line feed', '\n', '\\n'],
  ['the escape of a terminal', '\u001b', '\\u001b'],
  ['its one-character form', '\u009b', '\\u009b'],
  ['a change of direction', '\u202e', '\\u202e'],
  ['a line separator', '\u2028', '\\u2028'],
  ['a tag beyond the basic plane', '\u{e0041}', '\\udb40\\udc41'],
  ['half a surrogate pair', '\ud800', '\\ud800'],
])('escapes %s', (_claim, character, escaped) => {
  expect(quote(`a${character}b`)).toBe(`"a${escaped}b"`);
});

test('cuts what is long', () => {
  expect(quote('a'.repeat(101))).toBe(`"${'a'.repeat(100)}..."`);
});
