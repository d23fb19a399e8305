import { SCHEMA_VERSION } from '../store/sqlite/migrations.ts';
import { storeVersions } from '../store/sqlite/versions.ts';
import type { Output } from './output.ts';
import { programVersion } from './program-files.ts';

/** What a report of a fault should say first. Part of the interface: keys are added, and none is renamed. */
interface Versions {
  readonly version: string;
  readonly node: string;
  /** Operating system and processor, as Node.js names them: `linux-x64`. */
  readonly platform: string;
  /** Null where the native driver does not load; `storeFault` then says why. */
  readonly betterSqlite3: string | null;
  readonly sqlite: string | null;
  /** The version of the database's schema that this program writes. */
  readonly schema: number;
  readonly storeFault?: string;
}

/** `touchstone version`: the versions of the program and of what it runs on. */
export function version(options: { readonly json?: boolean }, output: Output): void {
  const versions = readVersions();
  output.out(options.json === true ? `${JSON.stringify(versions)}\n` : render(versions));
}

function readVersions(): Versions {
  const known = {
    version: programVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    schema: SCHEMA_VERSION,
  };
  try {
    return { ...known, ...storeVersions() };
  } catch (error) {
    // A driver that was compiled for another Node.js is what one asks for versions about.
    const storeFault = error instanceof Error ? error.message : String(error);
    return { ...known, betterSqlite3: null, sqlite: null, storeFault };
  }
}

function render({ version, node, platform, betterSqlite3, sqlite, schema, storeFault }: Versions): string {
  const store =
    betterSqlite3 === null
      ? `better-sqlite3  ${storeFault}`
      : `better-sqlite3  ${betterSqlite3} (SQLite ${sqlite})`;
  return `touchstone      ${version}
Node.js         ${node} on ${platform}
${store}
schema          ${schema}
`;
}
