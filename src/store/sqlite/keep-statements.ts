import type { Database, Statement } from 'better-sqlite3';

/**
 * Node.js 24.19 and later abort the process when the garbage collector meets an object of a native driver such as this one
 * while no JavaScript runs (nodejs/node#65446); older ones do not. better-sqlite3 is free of it from version 13, which does
 * not run on Node.js 20.
 */
const COLLECTING_MAY_ABORT = Number(process.versions.node.split('.')[0]) >= 24;

/** Holds connections, which hold their statements. Nothing reads it: it is a leak of some kilobytes for each database opened. */
const NEVER_COLLECTED: object[] = [];

/**
 * Where the collector may abort the process, keeps the connection and all statements that are prepared on it from now on
 * until the process ends; elsewhere changes nothing. Returns the connection.
 */
export function keepStatements(connection: Database): Database {
  if (COLLECTING_MAY_ABORT) keepAllOf(connection);
  return connection;
}

function keepAllOf(connection: Database): void {
  NEVER_COLLECTED.push(connection);
  const prepare = connection.prepare.bind(connection);
  const pragmas = new Map<string, Statement>();
  // Reached from the connection by the function that replaces `prepare`.
  const statements: Statement[] = [];
  const prepareKept = (sql: string): Statement => {
    const statement = prepare(sql);
    statements.push(statement);
    return statement;
  };
  // The driver's own would prepare a statement for each call, out of our reach.
  const pragma: Database['pragma'] = (source, options) => {
    const known = pragmas.get(source) ?? prepareKept(`PRAGMA ${source}`);
    pragmas.set(source, known);
    if (!known.reader) return known.run();
    return options?.simple === true ? known.pluck(true).get() : known.pluck(false).all();
  };
  Object.assign(connection, { prepare: prepareKept, pragma });
}
