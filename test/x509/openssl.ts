import { execFileSync, spawnSync } from 'node:child_process';

/** Whether the program openssl can be run here. Tests that need it are skipped, by this name, where it cannot. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Runs openssl and returns what it printed. Throws with its complaint when it fails. */
export function openssl(args: readonly string[], input?: Uint8Array | string): Buffer {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'pipe'] });
}
