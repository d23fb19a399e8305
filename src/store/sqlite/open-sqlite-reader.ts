import { existsSync } from 'node:fs';
import type { ClosableStoreReader } from '../store.ts';
import { StoreOpenError, StoreUnavailableError } from '../store-errors.ts';
import type { Connection } from './connection.ts';
import { closingOnError, openForReading } from './connection.ts';
import { requireCurrentSchema } from './migrations.ts';
import { opening } from './opening.ts';
import { prepareReads } from './reads.ts';
import { attemptRead } from './storage-failure.ts';

/**
 * Opens an existing database for reading, without a lock and also while its server runs. Rejects with StoreOpenError when
 * there is none, or its schema is not the one that this program reads.
 */
export async function openSqliteReader({ file }: { readonly file: string }): Promise<ClosableStoreReader> {
  if (!existsSync(file)) {
    throw new StoreOpenError(
      `There is no database ${file}. Start the server once, which makes it, or name the data folder of the server that you mean.`,
    );
  }
  const connection = openForReading(file);
  return closingOnError(connection, () =>
    opening(file, () => {
      requireCurrentSchema(connection);
      return createReader(connection, file);
    }),
  );
}

function createReader(connection: Connection, file: string): ClosableStoreReader {
  const readsOf = prepareReads(connection);

  async function read<Outcome>(query: () => Outcome): Promise<Outcome> {
    if (!connection.open) throw new StoreUnavailableError('closed', `The database ${file} is closed.`);
    // The server may commit between two statements; inside a transaction they see one state of it.
    return attemptRead(connection, () => connection.transaction(query).deferred());
  }

  return {
    ...readsOf(read),
    async close() {
      connection.close();
    },
  };
}
