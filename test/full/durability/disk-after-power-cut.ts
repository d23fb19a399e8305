import type { SystemCall } from './system-calls.ts';

/** Of each file by its path, what is on disk for certain: a power cut at this moment may lose all else. */
export interface DiskState {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Another number whenever something changed. */
  readonly version: number;
}

/** A write of bytes at an offset, or a cut to a length. */
interface Change {
  readonly ended: number;
  readonly at: number;
  readonly bytes?: Buffer;
}

interface TracedFile {
  content: Buffer;
  /** Changes that no sync covers yet, oldest first. */
  waiting: Change[];
  /** Whether a sync of its folder covers its name. */
  named: boolean;
  readonly made: number;
}

const WRITES = new Set(['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2']);
const SYNCS = new Set(['fsync', 'fdatasync']);

/**
 * Follows the files of a folder through a trace that begins before they are made. A change is on disk when a successful
 * fsync or fdatasync of its file, by whatever thread, began after the change had returned, and has itself returned; the
 * name of a file is, when that is so of its folder. Bytes in memory maps and in `-shm` files are nobody's data.
 */
export class TracedDisk {
  readonly #folder: string;
  readonly #files = new Map<string, TracedFile>();
  #version = 0;
  #state: DiskState | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes the next call, in the order of their returns. */
  take(call: SystemCall): void {
    if (call.result < 0) return;
    if (SYNCS.has(call.name)) this.#sync(call);
    else if (WRITES.has(call.name)) this.#write(call);
    else if (call.name === 'ftruncate') this.#truncate(call);
    else if (call.name === 'openat') this.#open(call);
    else if (call.name === 'rename' || call.name === 'unlink') this.#move(call);
  }

  /** What a power cut now would leave. */
  state(): DiskState {
    const files = (): DiskState['files'] =>
      new Map([...this.#files].filter(([, file]) => file.named).map(([path, file]) => [path, file.content]));
    if (this.#state?.version !== this.#version) this.#state = { files: files(), version: this.#version };
    return this.#state;
  }

  #sync(call: SystemCall): void {
    if (call.target === undefined || call.injected) return;
    const file = this.#files.get(call.target);
    if (file !== undefined) {
      const covered = file.waiting.filter((change) => change.ended < call.began);
      file.waiting = file.waiting.filter((change) => change.ended >= call.began);
      file.content = changed(file.content, covered);
    }
    for (const [path, other] of this.#files)
      if (path.startsWith(`${call.target}/`) && other.made < call.began) other.named = true;
    this.#version += 1;
  }

  #write(call: SystemCall): void {
    const file = this.#files.get(call.target ?? '');
    if (file === undefined) return;
    const bytes = Buffer.concat(call.strings).subarray(0, call.result);
    const at = call.name === 'pwrite64' ? Number(/, (\d+)$/.exec(call.text)?.[1]) : 0;
    if (bytes.length !== call.result)
      throw new Error(`the trace has not all bytes of ${call.text.slice(-60)}`);
    file.waiting.push({ ended: call.ended, at, bytes });
  }

  #truncate(call: SystemCall): void {
    const at = Number(/, (\d+)$/.exec(call.text)?.[1]);
    this.#files.get(call.target ?? '')?.waiting.push({ ended: call.ended, at });
  }

  #open(call: SystemCall): void {
    const path = call.opened;
    if (path === undefined || !path.startsWith(`${this.#folder}/`) || path.endsWith('-shm')) return;
    if (!call.text.includes('O_CREAT') || this.#files.has(path)) return;
    this.#files.set(path, { content: Buffer.alloc(0), waiting: [], named: false, made: call.ended });
  }

  /** The data folder is where a file that is moved away stays until the folder is synced: not modelled, so forgotten. */
  #move(call: SystemCall): void {
    const [from, to] = call.strings.map((path) => path.toString('utf8'));
    const file = this.#files.get(from ?? '');
    if (from === undefined || file === undefined) return;
    this.#files.delete(from);
    if (to !== undefined) this.#files.set(to, { ...file, named: false, made: call.ended });
    this.#version += 1;
  }
}

/** A copy of the content with the changes: a state that was handed out stays as it was. */
function changed(content: Buffer, changes: readonly Change[]): Buffer {
  const longest = Math.max(content.length, ...changes.map(({ at, bytes }) => at + (bytes?.length ?? 0)));
  const result = Buffer.alloc(longest);
  content.copy(result);
  let length = content.length;
  for (const { at, bytes } of changes) {
    if (bytes === undefined) {
      result.fill(0, at);
      length = at;
    } else {
      bytes.copy(result, at);
      length = Math.max(length, at + bytes.length);
    }
  }
  return result.subarray(0, length);
}
