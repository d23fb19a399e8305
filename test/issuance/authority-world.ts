import { createHash } from 'node:crypto';
import type { IssuingAuthority } from '../../src/issuance/ca-files.ts';
import { loadOrCreateAuthority } from '../../src/issuance/ca-files.ts';
import type { IssuanceConfig } from '../../src/issuance/issuer-config.ts';
import { issuanceSchema } from '../../src/issuance/issuer-config.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';

/** Tests' certificates are read by openssl, which has the real time; so theirs is the real time as well. */
export const NOW = Math.floor(Date.now() / 1000) * 1000;
export const DAY_MS = 86_400_000;

/** Settings as an operator writes them, below `issuance`. */
export function settings(given: object = {}): IssuanceConfig {
  return issuanceSchema.parse(given);
}

export function startAuthority(
  folder: string,
  given: object = {},
  now: number = NOW,
  hasRecords = false,
): Promise<IssuingAuthority> {
  return loadOrCreateAuthority({
    folder,
    hasRecords,
    config: settings(given),
    now,
    randomness: systemRandomness,
  });
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
