import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));

/** A new SQLite store on a folder of its own; both go with the test. */
export async function openStore(): Promise<Store> {
  const folder = temporaryFolder();
  const store = await openSqliteStore({ file: join(folder, 'store.db'), migrationsFolder: MIGRATIONS });
  onTestFinished(() => store.close());
  return store;
}
