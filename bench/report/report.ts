/** A table as readers see it; every cell is text. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes?: readonly string[];
}

export interface Report {
  /** A line that says what is going on; in no file. */
  progress(text: string): void;
  /** Prints a table, and keeps it for the Markdown file. */
  table(table: Table): void;
  /** A sentence for readers of the terminal and of the Markdown file. */
  note(text: string): void;
  /** Figures for the JSON file. */
  record(key: string, value: unknown): void;
  markdown(): string;
  json(): string;
}

export function createReport(write: (text: string) => void): Report {
  const parts: string[] = [];
  const records: Record<string, unknown> = {};
  return {
    progress: (text) => write(`${text}\n`),
    table(table) {
      write(`\n${asText(table)}\n`);
      parts.push(asMarkdown(table));
    },
    note(text) {
      write(`${text}\n`);
      parts.push(`${text}\n`);
    },
    record(key, value) {
      records[key] = value;
    },
    markdown: () => parts.join('\n'),
    json: () => `${JSON.stringify(records, undefined, 2)}\n`,
  };
}

/** The first column to the left, figures to the right. */
function asText(table: Table): string {
  const lines = [table.columns, ...table.rows];
  const widths = table.columns.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const format = (line: readonly string[]): string =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [table.title, format(table.columns), rule, ...table.rows.map(format), ...(table.notes ?? [])]
    .join('\n')
    .concat('\n');
}

function asMarkdown(table: Table): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `| ${table.columns.map((_, column) => (column === 0 ? '---' : '---:')).join(' | ')} |`;
  const notes = (table.notes ?? []).map((note) => `\n${note}\n`);
  return [`### ${table.title}`, '', row(table.columns), rule, ...table.rows.map(row), ...notes]
    .join('\n')
    .concat('\n');
}
