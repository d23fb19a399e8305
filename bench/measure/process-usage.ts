import { readFileSync } from 'node:fs';

/** Milliseconds in one tick of /proc: USER_HZ is 100 on every Linux that Node.js runs on. */
const TICK_MS = 10;
const UTIME = 11;

/** Milliseconds of CPU (user and system, all threads) that a process has used. Throws when it is gone or not on Linux. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Field 2 is the program's name in parentheses, which may hold spaces: count from behind it (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[UTIME + 1])) * TICK_MS;
}

export interface MemoryUse {
  /** Megabytes (2^20 bytes) resident now. */
  readonly rssMb: number;
  /** The most that ever were resident. */
  readonly peakMb: number;
}

/** The memory of a process. Throws when it is gone. */
export function memoryUse(pid: number): MemoryUse {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
  return { rssMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
}

/** Samples the resident memory every 50 ms; `stop` returns the highest that it saw, in megabytes. */
export function watchMemory(pid: number): { stop(): number } {
  let highest = memoryUse(pid).rssMb;
  const sampling = setInterval(() => {
    try {
      highest = Math.max(highest, memoryUse(pid).rssMb);
    } catch {
      // The process has ended: the load that runs against it says so.
    }
  }, 50);
  return {
    stop() {
      clearInterval(sampling);
      return highest;
    },
  };
}
