// Bundles the program with its packages into dist/: one file's worth of reading instead of a thousand files', which more
// than halves the time to the first answer. docs/architecture.md says why the packages are inside.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { bundledPackages, licenceTexts, softwareBillOfMaterials } from './bundled-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** How long files stay after a build has replaced them: a server that runs may still load a part of itself. */
const KEPT_MS = 86_400_000;

/** The names of the files of the last build that was finished, one a line. */
const manifest = join(dist, '.touchstone-files');

const { outputFiles, metafile } = buildSync({
  absWorkingDir: root,
  entryPoints: ['src/index.ts', 'src/cli/touchstone.ts'],
  outbase: 'src',
  outdir: 'dist',
  // As deep as src/cli and src/application, from where the program finds the files that it ships with.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Native code cannot be bundled.
  external: ['better-sqlite3'],
  // Names stay: they are in stack traces and in profiles.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'eof',
  // Bundled CommonJS modules call require for what Node.js itself brings, and an ES module has none.
  banner: {
    js: "import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url);",
  },
  metafile: true,
  write: false,
  logLevel: 'warning',
});

// A package's own build may contain another package, which only its source map tells.
const mapped = outputFiles
  .filter(({ path }) => path.endsWith('.map'))
  .flatMap(({ path, text }) => JSON.parse(text).sources.map((source) => resolve(dirname(path), source)))
  .map((path) => relative(root, path).replaceAll('\\', '/'));
const packages = bundledPackages(root, [...Object.keys(metafile.inputs), ...mapped]);
const files = new Map([
  ...outputFiles.map(({ path, contents }) => [path, contents]),
  [join(dist, 'THIRD-PARTY-LICENSES.txt'), licenceTexts(packages)],
  [join(dist, 'sbom.cdx.json'), softwareBillOfMaterials(root, packages)],
]);
const names = new Set([...files.keys()].map((path) => relative(dist, path).replaceAll('\\', '/')));

// From now on a file's time is when it was replaced, and not when it was built.
const now = new Date();
const former = existsSync(manifest) ? readFileSync(manifest, 'utf8').split('\n') : [];
for (const name of former)
  if (name !== '' && !names.has(name) && existsSync(join(dist, name))) utimesSync(join(dist, name), now, now);

for (const [path, contents] of files) write(path, contents, path.endsWith('touchstone.js') ? 0o777 : 0o666);
write(manifest, `${[...names].join('\n')}\n`, 0o666);

const keptMs = process.argv.includes('--clean') ? Number.NEGATIVE_INFINITY : KEPT_MS;
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const status = statSync(join(dist, name));
  const isOurs = names.has(name.replaceAll('\\', '/')) || name.startsWith('.touchstone-');
  if (status.isFile() && !isOurs && now.getTime() - status.mtimeMs >= keptMs) rmSync(join(dist, name));
}

/** Whoever reads the file meanwhile gets the old one or the new one, never a part of one. */
function write(path, contents, mode) {
  const unfinished = `${path}.${process.pid}.unfinished`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(unfinished, contents, { mode });
  renameSync(unfinished, path);
}
