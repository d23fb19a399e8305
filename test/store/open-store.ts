import { fileURLToPath } from 'node:url';
import type { SqliteStoreOptions } from '../../src/store/sqlite/open-sqlite-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

/** The migrations that ship with the program. */
export const migrationsFolder = fileURLToPath(new URL('../../migrations/sqlite/', import.meta.url));

/** Opens a store in the file with the program's own migrations. */
export function openStore(options: Omit<SqliteStoreOptions, 'migrationsFolder'>): Promise<Store> {
  return openSqliteStore({ migrationsFolder, ...options });
}
