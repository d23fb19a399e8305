// Brings a checkout to the state in which it can run: dependencies as the lock file has them, dist/ as src/ has it.
// Plain JavaScript without dependencies, because it runs before anything is installed. Does nothing when nothing changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { takeLock } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const installStamp = join(root, 'node_modules', '.touchstone-installed');
const buildStamp = join(root, 'dist', '.touchstone-built');
// Not in node_modules, which `npm ci` removes.
const lock = join(root, 'dist', '.touchstone-lock');

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Touchstone needs Node.js 20.19 or newer, and this is ${process.versions.node}. Install a newer Node.js and try again.`,
  );
  process.exit(2);
}

/** A digest of the named files and of everything below the named folders, by path and content. */
function digest(paths) {
  const hash = createHash('sha256').update(process.versions.modules);
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else {
      hash.update(`${path.slice(root.length)}\0`).update(readFileSync(path));
    }
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest('hex');
}

function isCurrent(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === value;
}

/**
 * Where this Node.js has its own headers, so that compiling better-sqlite3 needs no download from nodejs.org: the package
 * registry is then the only host that an install talks to. A nodedir that the user has configured wins.
 */
function ownHeaders() {
  const nodedir = dirname(dirname(process.execPath));
  const versionHeader = join(nodedir, 'include', 'node', 'node_version.h');
  if (!existsSync(versionHeader)) return {};
  const text = readFileSync(versionHeader, 'utf8');
  const version = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => text.match(new RegExp(`^#define NODE_${part}_VERSION (\\d+)$`, 'm'))?.[1],
  );
  return version.join('.') === process.versions.node ? { npm_config_nodedir: nodedir } : {};
}

function run(command, args, complaint) {
  // npm is a shell script on Windows; everything else is node itself.
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...ownHeaders(), ...process.env },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (result.status === 0) return;
  console.error(complaint);
  process.exit(1);
}

function installedDigest() {
  return digest(['package-lock.json']);
}

/** Says that node_modules is as the lock file and this Node.js want it, for whoever has filled it without `npm ci`. */
export function markInstalled() {
  writeFileSync(installStamp, installedDigest());
}

function isInstalled() {
  return isCurrent(installStamp, installedDigest());
}

function install() {
  if (isInstalled()) return;
  console.error(
    'Installing the packages of package-lock.json (once; better-sqlite3 may compile for a minute or two) ...',
  );
  run(
    'npm',
    ['ci', '--no-fund', '--no-audit', '--include=dev'],
    'npm ci failed; its own message above says why.',
  );
  markInstalled();
}

/** A digest of everything that the build reads; package.json's version goes into the bill of materials. */
function wantedBuild() {
  return digest([
    'src',
    'scripts/bundle.mjs',
    'scripts/bundled-packages.mjs',
    'tsconfig.json',
    'package.json',
    'package-lock.json',
  ]);
}

function build({ clean }) {
  const wanted = wantedBuild();
  if (!clean && isCurrent(buildStamp, wanted)) return;
  console.error('Building ...');
  rmSync(buildStamp, { force: true });
  run(
    process.execPath,
    [join('scripts', 'bundle.mjs'), ...(clean ? ['--clean'] : [])],
    'The build failed; the bundler said why above.',
  );
  writeFileSync(buildStamp, wanted);
}

/**
 * Installs and builds whatever is not current; with `clean`, builds in any case and leaves nothing of earlier builds. Waits
 * while another process does that in the same checkout. Ends the process with a message when either fails.
 */
export function prepare({ clean = false } = {}) {
  requireNode();
  // Without the lock: a checkout in which there is nothing to do may be read-only.
  if (!clean && isInstalled() && isCurrent(buildStamp, wantedBuild())) return;
  const release = takeLock(lock);
  // The process may also end in between.
  process.once('exit', release);
  install();
  build({ clean });
  process.removeListener('exit', release);
  release();
}

const [, program] = process.argv;
if (program !== undefined && import.meta.url === pathToFileURL(program).href)
  prepare({ clean: process.argv.includes('--clean') });
