import { expect, test } from 'vitest';
import { parseCaaIssueValue } from '../../src/policy/caa-value.ts';

test.each([
  ['ca1.example.net', 'ca1.example.net', []],
  ['  \tca1.example.net \t', 'ca1.example.net', []],
  ['CA1.Example.NET', 'ca1.example.net', []],
  ['ca', 'ca', []],
  ['a--b.xn--mnchen-3ya.example', 'a--b.xn--mnchen-3ya.example', []],
  ['', '', []],
  ['   ', '', []],
  [';', '', []],
  [' ; ', '', []],
  ['ca.example;', 'ca.example', []],
  ['ca.example ;\t', 'ca.example', []],
  ['ca1.example.net; account=230123', 'ca1.example.net', [['account', '230123']]],
  [
    'ca.example;a=1;b=2',
    'ca.example',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'ca.example ; a = 1 ; b\t=\t2 ',
    'ca.example',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['; a=1', '', [['a', '1']]],
  ['ca.example; a=', 'ca.example', [['a', '']]],
  ['ca.example; a=b=c', 'ca.example', [['a', 'b=c']]],
  ['ca.example; a=!"#:<~', 'ca.example', [['a', '!"#:<~']]],
  ['ca.example; A-b--9=1', 'ca.example', [['a-b--9', '1']]],
  [
    'ca.example; a=1; a=2',
    'ca.example',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
] as const)('reads %j', (text, issuer, parameters) => {
  expect(parseCaaIssueValue(text)).toEqual({
    issuer,
    parameters: parameters.map(([tag, value]) => ({ tag, value })),
  });
});

test.each([
  ['%%%%%', 'RFC 8659 section 4.2 has it as an example'],
  ['ca.example.', 'a dot at the end'],
  ['.ca.example', 'a dot at the start'],
  ['ca..example', 'an empty label'],
  ['-ca.example', 'a hyphen at the start of a label'],
  ['ca-.example', 'a hyphen at the end of a label'],
  ['ca_1.example', 'an underscore'],
  ['ca.example ca.example', 'two names'],
  ['ca.example account=1', 'a parameter without a semicolon before it'],
  ['"ca.example"', 'quotation marks in the value'],
  ['https://ca.example', 'a URL'],
  ['ca.example; account', 'a parameter without an equals sign'],
  ['ca.example; =1', 'a parameter without a tag'],
  ['ca.example; -a=1', 'a hyphen at the start of a tag'],
  ['ca.example; a-=1', 'a hyphen at the end of a tag'],
  ['ca.example; a.b=1', 'a dot in a tag'],
  ['ca.example; a=1 2', 'a space inside a value'],
  ['ca.example; a=1;', 'a semicolon behind the last parameter'],
  ['ca.example;;', 'two semicolons'],
  ['ca.example; ; a=1', 'an empty parameter'],
  ['ca.ex\u00e4mple', 'a character outside ASCII'],
  ['ca.example\u00a0', 'a space that is none of ASCII'],
  ['ca.example\n', 'a line feed'],
  ['ca.example; a=\u0000', 'a zero byte'],
])('takes %j for malformed: %s', (text) => {
  expect(parseCaaIssueValue(text)).toBeUndefined();
});

test.each([
  ['spaces', ' '.repeat(60_000)],
  ['letters', 'a'.repeat(60_000)],
  ['hyphens', `a${'-'.repeat(60_000)}`],
  ['labels', 'a.'.repeat(30_000)],
  ['semicolons', ';'.repeat(60_000)],
  ['spaces inside', `ca${' '.repeat(60_000)}x`],
  ['an endless tag', `ca;${'a-'.repeat(30_000)}=1`],
])('reads a value as long as a message at once: %s', (_kind, text) => {
  const before = performance.now();
  parseCaaIssueValue(text);
  expect(performance.now() - before).toBeLessThan(500);
});
