// `npm run bench`: prepare the checkout, bundle the bench, then be the bench, in this very process, so that signals reach it.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { prepare } from './prepare.mjs';

prepare();
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'node_modules', '.touchstone-bench');
// Only now: before prepare() it may not be installed.
const { build, stop } = await import('esbuild');
await build({
  absWorkingDir: root,
  entryPoints: {
    main: 'bench/main.ts',
    'loop-probe': 'bench/measure/loop-probe.ts',
    'dns-thread': 'bench/world/dns-thread.ts',
    'black-holes-thread': 'bench/world/black-holes-thread.ts',
    'slow-clients-thread': 'bench/world/slow-clients-thread.ts',
    'slow-drips-thread': 'bench/world/slow-drips-thread.ts',
  },
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});
// The bundler's own process would stay beside the bench.
await stop();
await import(pathToFileURL(join(folder, 'main.mjs')).href);
