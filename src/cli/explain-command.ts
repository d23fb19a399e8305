import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../runtime/clock.ts';
import { openSqliteReader } from '../store/sqlite/open-sqlite-reader.ts';
import { dataFolderOf } from './data-folder.ts';
import { explanationDocument } from './explain-json.ts';
import { findExplained } from './explain-target.ts';
import { renderExplained } from './explain-text.ts';
import type { Output } from './output.ts';
import { shellCommandOn } from './program-files.ts';
import { UsageError } from './usage-error.ts';

export interface ExplainOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/**
 * `touchstone explain`: tells the stored validation records of a challenge, an authorization, an order, the order of a
 * certificate or the newest order of a name. Reads only, so it works beside a running server and without one. Throws UsageError when nothing is found.
 */
export async function explain(what: string, options: ExplainOptions, output: Output): Promise<void> {
  const folder = dataFolderOf(options);
  const file = join(folder, 'touchstone.db');
  if (!existsSync(file))
    throw new UsageError(
      `there is no database at ${file}. The first start of the server makes it: \`${shellCommandOn(folder, 'serve')}\`. If you have another data folder, name it with --data DIR.`,
    );
  const store = await openSqliteReader({ file });
  try {
    const found = await findExplained(store, what);
    const now = systemClock.now();
    output.out(
      options.json === true
        ? `${JSON.stringify(explanationDocument(found, now), undefined, 2)}\n`
        : renderExplained(found, now, output),
    );
  } finally {
    await store.close();
  }
}
