import { readFileSync } from 'node:fs';

/**
 * How many files and sockets this process may have open at once (RLIMIT_NOFILE, which Node.js has raised to the hard limit
 * at its start); undefined where there is no such limit, or none can be read.
 */
export function openFileLimit(): number | undefined {
  const known = limitOfLinux() ?? limitOfReport();
  return known !== undefined && Number.isSafeInteger(known) && known > 0 ? known : undefined;
}

function limitOfLinux(): number | undefined {
  try {
    const [, soft] =
      /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    // Another operating system than Linux, or a container without /proc.
    return undefined;
  }
}

/** Node.js knows the limit of every POSIX system, but takes some 10 ms to say so. */
function limitOfReport(): number | undefined {
  const report: unknown = process.report?.getReport();
  const soft = memberOf(memberOf(memberOf(report, 'userLimits'), 'open_files'), 'soft');
  return typeof soft === 'number' ? soft : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
