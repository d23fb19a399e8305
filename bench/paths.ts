import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the parts of the bench are, as absolute paths. */
export interface BenchPaths {
  /** The checkout. */
  readonly root: string;
  /** The built `touchstone`. */
  readonly program: string;
  /** The event loop's probe, bundled beside the bench. */
  readonly probe: string;
  /** The C source of the shim that makes a disk slower. */
  readonly slowSyncSource: string;
  /** The DNS server's thread, likewise. */
  readonly dnsThread: string;
  /** The threads of the attackers, likewise. */
  readonly blackHolesThread: string;
  readonly slowClientsThread: string;
  readonly slowDripsThread: string;
}

/** The bench runs from `node_modules/.touchstone-bench/`, where scripts/bench.mjs bundles it to. */
export function benchPaths(): BenchPaths {
  return {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    program: fileURLToPath(new URL('../../dist/cli/touchstone.js', import.meta.url)),
    probe: fileURLToPath(new URL('./loop-probe.mjs', import.meta.url)),
    slowSyncSource: fileURLToPath(new URL('../../bench/slow-sync/slow-sync.c', import.meta.url)),
    dnsThread: fileURLToPath(new URL('./dns-thread.mjs', import.meta.url)),
    blackHolesThread: fileURLToPath(new URL('./black-holes-thread.mjs', import.meta.url)),
    slowClientsThread: fileURLToPath(new URL('./slow-clients-thread.mjs', import.meta.url)),
    slowDripsThread: fileURLToPath(new URL('./slow-drips-thread.mjs', import.meta.url)),
  };
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
