import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../src/cli/configuration-file.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function fileWith(text: string): string {
  const file = join(temporaryFolder(), 'touchstone.json');
  writeFileSync(file, text);
  return file;
}

function refusalOf(options: Partial<Parameters<typeof loadConfiguration>[0]>): string {
  try {
    loadConfiguration({ set: [], host: [], ...options });
  } catch (error) {
    expect(exitCodeOf(error)).toBe(2);
    return String(error);
  }
  return 'none';
}

test('--set takes any key by its dotted path: numbers, truth values, texts and lists', () => {
  const config = loadConfiguration({
    set: [
      'acme.port=0',
      'acme.tls.enabled=false',
      'validation.addressPolicy=boulder',
      'acme.addresses=127.0.0.1,::1',
    ],
    host: [],
  });
  expect(config.acme).toMatchObject({ port: 0, addresses: ['127.0.0.1', '::1'], tls: { enabled: false } });
  expect(config.validation.addressPolicy).toBe('boulder');
});

test('a list of one needs no comma, and of the same key the last wins', () => {
  const config = loadConfiguration({ set: ['acme.addresses=::1', 'acme.port=1', 'acme.port=2'], host: [] });
  expect(config.acme).toMatchObject({ port: 2, addresses: ['::1'] });
});

test('dns.servers is the word system or a list', () => {
  expect(loadConfiguration({ set: ['dns.servers=system'], host: [] }).dns.servers).toBe('system');
  expect(
    loadConfiguration({ set: ['dns.servers=127.0.0.1:8053,[::1]:8053'], host: [] }).dns.servers,
  ).toHaveLength(2);
});

test('a value keeps its equals signs', () => {
  const config = loadConfiguration({ set: ['acme.website=https://ca.example/?a=b'], host: [] });
  expect(config.acme.website).toBe('https://ca.example/?a=b');
});

test('--host and --set dns.hosts.NAME take names with dots, beside those of the file', () => {
  const config = fileWith('{"dns": {"hosts": {"file.test": ["192.0.2.1"]}}}');
  const { dns } = loadConfiguration({
    config,
    set: ['dns.hosts.set.example.test=192.0.2.2'],
    host: ['*.flag.test=127.0.0.1,::1'],
  });
  expect(dns.hosts).toEqual({
    'file.test': ['192.0.2.1'],
    'set.example.test': ['192.0.2.2'],
    '*.flag.test': ['127.0.0.1', '::1'],
  });
});

test('flags win over the file, and leave its other keys alone', () => {
  const config = fileWith('{"acme": {"port": 1, "requireDualStack": true}}');
  expect(loadConfiguration({ config, set: ['acme.port=2'], host: [] }).acme).toMatchObject({
    port: 2,
    requireDualStack: true,
  });
});

test('the file is JSON with comments, trailing commas and $schema', () => {
  const config = fileWith(`{
    // A comment, and "quotes" in it.
    "$schema": "x",
    "acme": { "website": "https://ca.example/a,]//b", /* another */ "port": 3, },
  }`);
  expect(loadConfiguration({ config, set: [], host: [] }).acme).toMatchObject({
    port: 3,
    website: 'https://ca.example/a,]//b',
  });
});

test.each([
  [{ set: ['acme.port'] }, '--set acme.port: write it as KEY=VALUE'],
  [{ set: ['=1'] }, '--set =1: write it as KEY=VALUE'],
  [{ host: ['a.test'] }, '--host a.test: write it as NAME=ADDRESS'],
  [{ host: ['a.test='] }, '--host a.test=: write it as NAME=ADDRESS'],
  [{ host: ['=::1'] }, '--host =::1: write it as NAME=ADDRESS'],
  [{ config: '/' }, 'cannot read the configuration file: EISDIR'],
  [{ config: '/there/is/no/such/file' }, 'there is no file /there/is/no/such/file'],
])('%j is refused with how to write it', (options, complaint) => {
  expect(refusalOf(options)).toContain(complaint);
});

test.each([
  ['{"acme": }', 'is not JSON: line 1, column 10: "}" is not expected here.'],
  ['[1]', 'must hold one JSON object'],
  ['', 'is not JSON: line 1, column 1: the text ends too early.'],
  ['// one\n{\n  "acme": {"port": 1} /* two */ "log": {}\n}', 'is not JSON: line 3, column 33: "\\""'],
  ['{"acme": {"port": 01}}', 'is not JSON: line 1, column 19'],
  ['{acme: {}}', 'is not JSON: line 1, column 2: "a"'],
  ['{"acme": {"port": 1}', 'is not JSON: line 1, column 21: the text ends too early.'],
  ['{"acme": {"port": 1]}', 'is not JSON: line 1, column 20: "]"'],
  ['{} {}', 'is not JSON: line 1, column 4: "{"'],
  ['{"log": {"level": "in\nfo"}}', 'is not JSON: line 1, column 19: "\\""'],
  ['{"acme": [1,,2]}', 'is not JSON: line 1, column 13: ","'],
])('a file with %j is refused by its name', (text, complaint) => {
  const config = fileWith(text);
  expect(refusalOf({ config })).toContain(`${config} ${complaint}`);
});
