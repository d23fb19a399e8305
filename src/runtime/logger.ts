import { pino } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Structured log: facts first, then the sentence. Secrets (keys, tokens' authorizations, nonces) never go in. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface LogSink {
  /** Takes one line with its line feed. */
  write(line: string): void;
}

/**
 * A logger that writes one JSON object a line to the sink, or, with `readable`, one short line for a person at a
 * terminal. Lines are written at once: nothing is lost when the process ends.
 */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly sink: LogSink;
  readonly readable: boolean;
}): Logger {
  const sink = options.readable
    ? { write: (line: string) => options.sink.write(readableLine(line)) }
    : options.sink;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
}

/** `17:03:11 warn  message  key=value ...` of one JSON line. */
function readableLine(line: string): string {
  const { level, time, msg, err, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 19);
  const pairs = Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : '';
  return `${[clock, String(level).padEnd(5), msg, ...pairs].join('  ')}${stack}\n`;
}
