import type { AccountId } from '../protocol/ids.ts';
import type { ImportedKey } from './public-key.ts';

/**
 * Imported account keys: importing one costs as much as checking ten signatures. Whether one is still the account's is to
 * be seen from its thumbprint.
 */
export interface KeyCache {
  get(account: AccountId): ImportedKey | undefined;
  put(account: AccountId, key: ImportedKey): void;
}

/** Makes a cache that keeps the `capacity` most recently used keys. Throws when the capacity is not a whole number of 1 or more. */
export function createKeyCache(capacity: number): KeyCache {
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new Error(`a key cache needs a capacity, not ${capacity}`);
  // A Map keeps the order of insertion, so the first entry is the one unused for longest.
  const keys = new Map<AccountId, ImportedKey>();
  return {
    get(account) {
      const key = keys.get(account);
      if (key === undefined) return undefined;
      keys.delete(account);
      keys.set(account, key);
      return key;
    },
    put(account, key) {
      keys.delete(account);
      keys.set(account, key);
      const oldest = keys.keys().next();
      if (keys.size > capacity && !oldest.done) keys.delete(oldest.value);
    },
  };
}
