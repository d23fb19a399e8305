import { createRequire } from 'node:module';
import { openInMemory } from './connection.ts';

/** What the store is made of, for a report of a fault. */
export interface StoreVersions {
  readonly betterSqlite3: string;
  readonly sqlite: string;
}

/** The versions of the driver and of the SQLite in it. Throws StoreOpenError where the native driver does not load. */
export function storeVersions(): StoreVersions {
  const description: unknown = createRequire(import.meta.url)('better-sqlite3/package.json');
  const connection = openInMemory();
  try {
    const sqlite = connection.prepare<[], string>('SELECT sqlite_version()').pluck().get();
    return { betterSqlite3: versionIn(description), sqlite: sqlite ?? 'unknown' };
  } finally {
    connection.close();
  }
}

function versionIn(description: unknown): string {
  return typeof description === 'object' && description !== null && 'version' in description
    ? String(description.version)
    : 'unknown';
}
