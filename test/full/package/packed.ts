import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

/** What is not part of the sources, or belongs to whoever works in the checkout. */
const LEFT_OUT = /^(\.git|node_modules|dist|touchstone-data|certificates)$/;

/** How the machine reaches its package registry; a Node.js of its own maker does not know the system's certificates. */
const KEPT: readonly string[] = ['npm_config_registry', 'NODE_EXTRA_CA_CERTS'];

export interface Packed {
  /** Absolute path of the tarball. */
  readonly tarball: string;
  /** What it holds, by the paths in it. */
  readonly files: readonly string[];
}

/** Copies the checkout, without what is installed, built or served in it. */
export function copyCheckout(folder: string): void {
  cpSync(CHECKOUT, folder, {
    recursive: true,
    filter: (source) => !LEFT_OUT.test(source.slice(CHECKOUT.length)),
  });
}

/** `npm pack` in a copy of the checkout, so that the build under test is left as it is. */
export function packCheckout(folder: string): Packed {
  const copy = join(folder, 'checkout');
  copyCheckout(copy);
  symlinkSync(join(CHECKOUT, 'node_modules'), join(copy, 'node_modules'));
  const said = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: copy,
    env: newcomersEnvironment(process.execPath),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const packed: unknown = JSON.parse(said);
  // npm 11 answers a list, later ones an object by the package's name.
  const [one] = Object.values(Object(packed)) as readonly {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (one === undefined) throw new Error(`npm pack made nothing: ${said}`);
  return { tarball: join(folder, one.filename), files: one.files.map(({ path }) => path) };
}

/** Installs the tarball into a folder that holds nothing else, as the given Node.js does it. */
export function installTarball(tarball: string, folder: string, node: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', tarball], {
    cwd: folder,
    env: newcomersEnvironment(node),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The machine's environment without what npm adds for its scripts, with the given Node.js first. */
export function newcomersEnvironment(node: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => KEPT.includes(name) || !/^(npm_|NODE_|VITEST|TEST$)/.test(name),
  );
  const path = (process.env.PATH ?? '').split(':').filter((part) => !part.includes('node_modules'));
  return {
    ...Object.fromEntries(own),
    PATH: [dirname(node), ...path, dirname(process.execPath)].join(':'),
    // The headers that came with this Node.js: compiling better-sqlite3 then asks no other host for them.
    npm_config_nodedir: dirname(dirname(node)),
  };
}
