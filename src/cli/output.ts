/** Where a command writes: results to `out`, progress and complaints to `err`. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** True when `out` is a terminal that wants colours. */
  readonly color: boolean;
  /** How long lines of running text may be; they are not broken unless given. */
  readonly columns?: number;
}

/**
 * The process's own streams; colours only on a terminal, and not with NO_COLOR. A reader that has gone away (`serve | head`)
 * is no reason to end: what it would have read is lost, and nothing else.
 */
export function processOutput(noColor: boolean): Output {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    color: process.stdout.isTTY === true && !noColor,
    columns: columnsOf(process.stdout.isTTY === true ? process.stdout.columns : undefined),
  };
}

/** What a page of text can bear, and what it needs. */
const MOST_COLUMNS = 100;
const LEAST_COLUMNS = 60;

function columnsOf(terminal: number | undefined): number {
  return Math.max(LEAST_COLUMNS, Math.min(MOST_COLUMNS, terminal ?? MOST_COLUMNS));
}

/** Wraps text in an ANSI style when the output wants colours. */
export function styled(
  output: Pick<Output, 'color'>,
  style: 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan',
  text: string,
): string {
  if (!output.color) return text;
  const code = { bold: 1, dim: 2, green: 32, red: 31, yellow: 33, cyan: 36 }[style];
  return `\x1b[${code}m${text}\x1b[0m`;
}
