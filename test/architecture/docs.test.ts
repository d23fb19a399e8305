import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { configurationSchema } from '../../src/application/configuration.ts';
import { loadConfiguration } from '../../src/cli/configuration-file.ts';
import { main } from '../../src/cli/main.ts';
import { ADDRESS_FAMILY_RULES, ADDRESS_POLICIES } from '../../src/protocol/address-family-rule.ts';
import { readSourceTree, roomOf } from './source-tree.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test.each(documents)('%s links to files that exist', (document) => {
  const links = [...read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
  const files = links.filter((link) => !/^[a-z]+:/.test(link));
  expect(files.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
});

test('the README lists every setting with its default, and no other', () => {
  expect(settingsOfReadme()).toEqual(settingsOfSchema());
});

test.each(documents)('%s sets only what can be set, to values that are taken', (document) => {
  const assignments = [...read(document).matchAll(/--set ([a-z][\w.]*=[^\s`'"]+)/g)].map(
    (match) => match[1] ?? '',
  );
  for (const assignment of assignments)
    expect(() => loadConfiguration({ set: [assignment], host: [] }), assignment).not.toThrow();
});

test.each(readdirSync(join(root, 'config')))('config/%s is taken', (name) => {
  expect(() => loadConfiguration({ config: join(root, 'config', name), set: [], host: [] })).not.toThrow();
});

test.each([...documents, 'bench/arguments.ts', 'scripts/bench.mjs', 'scripts/start.mjs', '.ci/run'])(
  '%s names only npm scripts that there are',
  (path) => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...read(path).matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  },
);

test('every flag that the README names in its text exists', async () => {
  const text = read('README.md').replace(/^```[\s\S]*?^```$/gm, '');
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  const named = spans.flatMap((span) => [...span.matchAll(/(?<!\S)--[a-z][a-z-]*/g)].map(([flag]) => flag));
  expect(named).toContain('--ready-file');
  const help = await helpOfAllCommands();
  expect([...new Set(named)].filter((flag) => !help.includes(flag))).toEqual([]);
});

test.each(['README.md', 'docs/address-family-rules.md'])(
  '%s has every address rule and policy in its tables',
  (path) => {
    const text = read(path);
    const rules = [...text.matchAll(/^\| (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*) +\|/gm)]
      .flatMap((row) => (row[1] ?? '').split(', '))
      .map((id) => id.slice(1, -1));
    const known: readonly string[] = [...Object.keys(ADDRESS_FAMILY_RULES), ...ADDRESS_POLICIES];
    expect(Object.keys(ADDRESS_FAMILY_RULES).filter((rule) => !rules.includes(rule))).toEqual([]);
    expect(rules.filter((rule) => rule.includes('-') && !known.includes(rule))).toEqual([]);
    expect(ADDRESS_POLICIES.filter((policy) => !text.includes(policy))).toEqual([]);
  },
);

test('docs/architecture.md draws the imports that there are', () => {
  const { drawn, made } = { drawn: arrowsDrawn(), made: arrowsMade() };
  expect(
    drawn.filter((arrow) => !made.includes(arrow)),
    'drawn, but no import is left',
  ).toEqual([]);
  // What the document says that it leaves out: arrows to the two rooms at the bottom, and those of the rooms at the top.
  const leftOut = /-> (protocol|runtime)$|^(cli|application|index) ->/;
  const missing = made.filter((arrow) => !leftOut.test(arrow) && !drawn.includes(arrow));
  expect(missing, 'imported, but not drawn').toEqual([]);
});

test('docs/architecture.md has a row for every room', () => {
  const rows = [...read('docs/architecture.md').matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap((row) =>
    (row[1] ?? '').split(', ').map((name) => name.slice(1, -2)),
  );
  const rooms = new Set(readSourceTree().map((file) => roomOf(file.path)));
  rooms.delete('index');
  expect(rows.sort()).toEqual([...rooms].sort());
});

/** Dotted keys and defaults as the table has them; an empty cell is no default. */
function settingsOfReadme(): Readonly<Record<string, string>> {
  const table = /^\| key \| default [\s\S]*?\n\n/m.exec(read('README.md'))?.[0] ?? '';
  const rows = table
    .split('\n')
    .slice(2)
    .filter((row) => row !== '');
  return Object.fromEntries(
    rows.flatMap((row) => {
      const [, keys = '', value = ''] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
      return keys.split(', ').map((key) => [key, value]);
    }),
  );
}

function settingsOfSchema(): Readonly<Record<string, string>> {
  const schema = z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' });
  const settings: Record<string, string> = {};
  const visit = (node: unknown, path: readonly string[]): void => {
    const properties = memberOf(node, 'properties');
    if (typeof properties === 'object' && properties !== null)
      for (const [name, below] of Object.entries(properties)) visit(below, [...path, name]);
    else settings[path.join('.')] = written(memberOf(node, 'default'));
  };
  visit(schema, []);
  // It names the schema for editors, and sets nothing.
  delete settings.$schema;
  return settings;
}

function written(value: unknown): string {
  if (value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)) return '';
  return String(value);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

async function helpOfAllCommands(): Promise<string> {
  let said = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  try {
    for (const command of [[], ['serve'], ['root'], ['issue'], ['explain'], ['check'], ['version']])
      await main([...command, '--help']);
  } finally {
    write.mockRestore();
  }
  return said;
}

function arrowsDrawn(): readonly string[] {
  const chart = /^flowchart[\s\S]*?^```/m.exec(read('docs/architecture.md'))?.[0] ?? '';
  return [...chart.matchAll(/^ +(\w+) (?:-->|-\. types \.->) (\w+)/gm)].map(
    ([, from, to]) => `${from} -> ${to}`,
  );
}

/** The arrows between rooms, `http/acme` and `http/publication` being drawn as one. */
function arrowsMade(): readonly string[] {
  const room = (path: string): string => roomOf(path).replace(/^http\/.*/, 'http');
  const arrows = readSourceTree().flatMap((file) =>
    file.imports
      .filter((arrow) => arrow.internal && room(arrow.target) !== room(file.path))
      .map((arrow) => `${room(file.path)} -> ${room(arrow.target)}`),
  );
  return [...new Set(arrows)];
}
