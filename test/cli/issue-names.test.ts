import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { fileStem, parseIssueNames } from '../../src/cli/issue-names.ts';

test.each([
  [['First.LocalHost'], ['first.localhost']],
  [['bücher.example.'], ['xn--bcher-kva.example']],
  [
    ['a.example', 'b.example', 'A.example'],
    ['a.example', 'b.example'],
  ],
  [
    ['127.0.0.1', '0:0::1'],
    ['127.0.0.1', '::1'],
  ],
  [['localhost'], ['localhost']],
])('%j is ordered as %j', (typed, ordered) => {
  expect(parseIssueNames(typed)).toEqual(ordered);
});

test.each([
  ['../../etc/passwd'],
  ['a b'],
  [''],
  ['.'],
  ['-a.example'],
  ['a..example'],
  [`${'a.'.repeat(127)}bc`],
])('%j is refused as no name', (typed) => {
  expect(() => parseIssueNames([typed])).toThrow('is no domain name and no IP address');
});

test('a wildcard is refused with the way that does work, and exit code 2', () => {
  const attempt = () => parseIssueNames(['ok.example', '*.example.com']);
  expect(attempt).toThrow(/proved by dns-01.*certbot or lego/s);
  try {
    attempt();
  } catch (error) {
    expect(exitCodeOf(error)).toBe(2);
  }
});

test.each([
  ['first.localhost', 'first.localhost'],
  ['*.example.com', '_wildcard.example.com'],
  ['2001:db8::1', '2001_db8__1'],
])('the files of %s are named %s', (name, stem) => {
  expect(fileStem(name)).toBe(stem);
});
