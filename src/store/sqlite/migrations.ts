import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreOpenError } from '../store-errors.ts';
import type { Connection } from './connection.ts';

/** The version that the program's statements are written for: the number of the last migration. */
export const SCHEMA_VERSION = 3;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings the database to SCHEMA_VERSION by the files `NNNN-name.sql` of the folder, in order and forward only. Each runs
 * in one transaction together with its number (`PRAGMA user_version`), so that a crash leaves the state before it.
 * Throws StoreOpenError for a database of a newer program or of another one, and when a migration fails.
 */
export function migrate(connection: Connection, folder: string): void {
  const migrations = readMigrations(folder);
  requireOurs(connection);
  for (const migration of migrations) applyOnce(connection, migration);
  connection.pragma('foreign_keys = ON');
}

/** Throws StoreOpenError unless the database has exactly the schema that this program reads. */
export function requireCurrentSchema(connection: Connection): void {
  requireOurs(connection);
  const version = schemaVersion(connection);
  if (version === SCHEMA_VERSION) return;
  throw new StoreOpenError(
    version === 0
      ? `The database ${connection.name} is still empty: its server has not got so far yet. Try again in a moment.`
      : `The database ${connection.name} has the schema of an older version of this program (${version}, this one reads ${SCHEMA_VERSION}). Start the server once with this version, which brings it up to date.`,
  );
}

function requireOurs(connection: Connection): void {
  const version = schemaVersion(connection);
  if (version > SCHEMA_VERSION) {
    throw new StoreOpenError(
      `The database ${connection.name} was written by a newer version of this program (its schema is ${version}, this one knows up to ${SCHEMA_VERSION}). Use that version or a later one, or another data folder; a schema never goes back.`,
    );
  }
  const tables = connection.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() ?? 0;
  if (version === 0 && tables > 0) {
    throw new StoreOpenError(
      `The file ${connection.name} is a database of another program, and is left as it is. Choose another data folder.`,
    );
  }
}

function applyOnce(connection: Connection, migration: Migration): void {
  // Rebuilding a table that others refer to needs the references unchecked, and this switch is without effect inside a
  // transaction. They are checked as a whole before the commit.
  connection.pragma('foreign_keys = OFF');
  connection.exec('BEGIN IMMEDIATE');
  try {
    if (schemaVersion(connection) < migration.version) apply(connection, migration);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreOpenError(
      `The migration ${migration.name} of the database ${connection.name} failed, and the database is as it was before: ${why}`,
      error,
    );
  }
}

function apply(connection: Connection, { version, sql }: Migration): void {
  connection.exec(sql);
  if (!connection.inTransaction) throw new Error('it ends the transaction that it runs in');
  const dangling = connection.pragma('foreign_key_check');
  if (Array.isArray(dangling) && dangling.length > 0) throw new Error('it leaves references to missing rows');
  connection.pragma(`user_version = ${version}`);
}

function schemaVersion(connection: Connection): number {
  return Number(connection.pragma('user_version', { simple: true }));
}

function readMigrations(folder: string): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const complete =
    names.length === SCHEMA_VERSION &&
    names.every((name, index) =>
      new RegExp(`^${String(index + 1).padStart(4, '0')}-[a-z0-9-]+\\.sql$`).test(name),
    );
  if (!complete) {
    throw new StoreOpenError(
      `The program is not complete: the folder ${folder} should hold the migrations 0001 to ${String(SCHEMA_VERSION).padStart(4, '0')}, and holds ${names.join(', ') || 'none'}. Install it anew.`,
    );
  }
  return names.map((name, index) => ({
    version: index + 1,
    name,
    sql: readFileSync(join(folder, name), 'utf8'),
  }));
}
