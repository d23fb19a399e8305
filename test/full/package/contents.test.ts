import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Packed } from './packed.ts';
import { packCheckout } from './packed.ts';

const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

let packed: Packed;
/** The package as it is unpacked. */
let folder: string;
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

beforeAll(() => {
  const temporary = temporaryFolder(afterAll);
  packed = packCheckout(temporary);
  execFileSync('tar', ['-xzf', packed.tarball, '-C', temporary]);
  folder = join(temporary, 'package');
});

test('the tarball has what a user needs, and neither sources nor stamps nor notes of the work', () => {
  const needed = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'CONTRIBUTING.md', 'package.json'];
  expect(packed.files).toEqual(
    expect.arrayContaining([...needed, 'config/letsencrypt.json', 'dist/index.js', 'dist/index.d.ts']),
  );
  expect(packed.files.filter((path) => path.startsWith('migrations/sqlite/'))).not.toEqual([]);
  expect(
    packed.files.filter((path) => /^(src|test|scripts|bench|\.)|\.touchstone|progress/.test(path)),
  ).toEqual([]);
});

test('every link of the documents in the tarball leads to a file in it', () => {
  const documents = packed.files.filter((path) => path.endsWith('.md'));
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1] ?? '')
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => normalize(join(dirname(document), link)))
      .filter((path) => !packed.files.includes(path)),
  );
  expect(broken).toEqual([]);
});

test('what the program imports is in it, but for Node.js itself and better-sqlite3, the one dependency', () => {
  const { dependencies, peerDependencies } = JSON.parse(read('package.json'));
  expect(Object.keys(dependencies)).toEqual(['better-sqlite3']);
  expect(peerDependencies).toBeUndefined();
  const code = packed.files.filter((path) => path.endsWith('.js')).map(read);
  const imported = code.flatMap((text) =>
    [...text.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*["']([a-z@][^"']*)["']/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  const foreign = imported.filter((name) => !builtinModules.includes(name.replace(/^node:/, '')));
  expect(new Set(foreign.map((name) => name.replace(/\/package\.json$/, '')))).toEqual(
    new Set(['better-sqlite3']),
  );
});

test('every bundled package is in the bill of materials, and its licence beside it', () => {
  const { components } = JSON.parse(read('dist/sbom.cdx.json')) as {
    readonly components: readonly { readonly name: string; readonly version: string }[];
  };
  const maps = packed.files.filter((path) => path.endsWith('.js.map')).map(read);
  const sources = maps.flatMap((text) => JSON.parse(text).sources as readonly string[]);
  const inside = sources.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  expect(inside).toContain('express');
  const named = components.map(({ name }) => name);
  expect([...new Set(inside)].filter((name) => !named.includes(name))).toEqual([]);
  const licences = read('dist/THIRD-PARTY-LICENSES.txt');
  expect(components.filter(({ name, version }) => !licences.includes(`\n${name} ${version} (`))).toEqual([]);
});

test.each([
  ['NodeNext', 'NodeNext'],
  ['ESNext', 'Bundler'],
])(
  'a strict program compiles against the types, with module %s and resolution %s',
  (module, moduleResolution) => {
    const consumer = temporaryFolder();
    mkdirSync(join(consumer, 'node_modules/@types'), { recursive: true });
    symlinkSync(folder, join(consumer, 'node_modules/touchstone'));
    for (const name of ['@types/node', 'undici-types'])
      symlinkSync(join(MODULES, name), join(consumer, 'node_modules', name));
    const strictest = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const checks = { skipLibCheck: false, noEmit: true, types: ['node'], lib: ['ES2023'], target: 'ES2023' };
    // What is symlinked here is found from where it is linked, as if it were installed.
    const compilerOptions = { module, moduleResolution, ...strictest, ...checks, preserveSymlinks: true };
    const write = (name: string, text: string): void => writeFileSync(join(consumer, name), text);
    write('package.json', '{"type":"module"}');
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    write('consumer.ts', CONSUMER);
    expect(compile(consumer)).toBe('');
    write('consumer.ts', CONSUMER.replace('const port: number', 'const port: string'));
    expect(compile(consumer)).toMatch(
      /^consumer\.ts\(.*TS2322: Type 'number' is not assignable to type 'string'/,
    );
  },
);

const CONSUMER = `
import type { Configuration, RunningTouchstone } from 'touchstone';
import { ConfigurationError, createValidation, parseConfiguration, realWorld, startErrors, startTouchstone } from 'touchstone';

const config: Configuration = parseConfiguration({ acme: { port: 0 }, publication: { port: 0 } });
const port: number = config.acme.port;
const policy: 'documented' | 'boulder' | 'every-hop' | 'never' = config.validation.addressPolicy;
const ca: RunningTouchstone = await startTouchstone({ dataFolder: 'ca', config });
const directory: string = ca.facts.directory.localhost;
console.log(port, policy, directory, ConfigurationError.name, createValidation(config, realWorld()));
await ca.stop();
const pidOf = (error: unknown): number | undefined =>
  error instanceof startErrors.FolderInUseError ? error.pid : undefined;
console.log(pidOf, startErrors.BusyPortError.name);
`;

function compile(folder: string): string {
  const compiler = join(MODULES, 'typescript/bin/tsc');
  return spawnSync(process.execPath, [compiler, '-p', folder], { cwd: folder, encoding: 'utf8' }).stdout;
}
