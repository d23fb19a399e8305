import Database from 'better-sqlite3';

/*
 * Tests open databases of their own, and on Node.js 24 their collection may abort the worker, as keep-statements.ts in the
 * store says. Here whatever is used stays until the worker ends, also when the test runner loads the modules anew.
 */
const KEPT = Symbol.for('touchstone.test.kept-databases');

if (Number(process.versions.node.split('.')[0]) >= 24 && !Reflect.has(globalThis, KEPT)) {
  const kept = new Set<object>();
  Reflect.set(globalThis, KEPT, kept);
  const { prepare, exec } = Database.prototype;
  Object.assign(Database.prototype, {
    exec(this: Database.Database, sql: string) {
      kept.add(this);
      return exec.call(this, sql);
    },
    prepare(this: Database.Database, sql: string) {
      const statement = prepare.call(this, sql);
      kept.add(this).add(statement);
      return statement;
    },
    pragma(this: Database.Database, source: string, options?: Database.PragmaOptions) {
      const statement = this.prepare(`PRAGMA ${source}`);
      if (!statement.reader) return statement.run();
      return options?.simple === true ? statement.pluck().get() : statement.all();
    },
  });
}
