/** One finished system call of a trace. Whatever two calls did is in order when one began after the other ended. */
export interface SystemCall {
  readonly name: string;
  /** The place in the trace at which it was entered, and that at which it returned. */
  readonly began: number;
  readonly ended: number;
  /** What the first argument's descriptor is: a path, or `TCP:[...]`; undefined when it is no descriptor. */
  readonly target: string | undefined;
  /** All string arguments: paths, or the bytes that were written, in order. */
  readonly strings: readonly Buffer[];
  /** The arguments as they were printed. */
  readonly text: string;
  readonly result: number;
  /** What a returned descriptor is. */
  readonly opened: string | undefined;
  /** Not done at all: the tracer answered in the kernel's place. */
  readonly injected: boolean;
}

const LINE = /^(\d+) +(.*)$/;
const UNFINISHED = / <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. \w+ resumed>/;
const FINISHED = /^(\w+)\((.*)\) += (-?\d+)(?:<(.*?)>)?( .*)?$/s;
const SOCKET = /^\d+<(TCP(?:v6)?:\[.*?\])>(?:,|$)/;
const PATH = /^\d+<([^>]*)>/;

/**
 * Reads what `strace -f -yy -x -o FILE` wrote, in the order in which the calls returned. Calls that a signal cut off are
 * left out.
 */
export function parseSystemCalls(trace: string): readonly SystemCall[] {
  const open = new Map<string, { readonly text: string; readonly began: number }>();
  const calls: SystemCall[] = [];
  for (const [index, line] of trace.split('\n').entries()) {
    const [, thread = '', text = ''] = LINE.exec(line) ?? [];
    if (UNFINISHED.test(text)) {
      open.set(thread, { text: text.replace(UNFINISHED, ''), began: index });
      continue;
    }
    const begun = RESUMED.test(text) ? open.get(thread) : undefined;
    open.delete(thread);
    const whole = begun === undefined ? text : begun.text + text.replace(RESUMED, '');
    const call = parseCall(whole, begun?.began ?? index, index);
    if (call !== undefined) calls.push(call);
  }
  return calls;
}

function parseCall(line: string, began: number, ended: number): SystemCall | undefined {
  const [, name, text, result, opened, remark = ''] = FINISHED.exec(line) ?? [];
  if (name === undefined || text === undefined) return undefined;
  const target = (SOCKET.exec(text) ?? PATH.exec(text))?.[1];
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) => unquote(quoted));
  const injected = remark.includes('(INJECTED');
  return { name, began, ended, target, strings, text, result: Number(result), opened, injected };
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12 };

function unquote(quoted: string): Buffer {
  const bytes = Buffer.alloc(quoted.length);
  let length = 0;
  for (let at = 0; at < quoted.length; at += 1) {
    if (quoted[at] !== '\\') {
      bytes[length++] = quoted.charCodeAt(at);
      continue;
    }
    const next = quoted[at + 1] ?? '';
    const number = /^(?:x([0-9a-f]{2})|([0-7]{1,3}))/.exec(quoted.slice(at + 1, at + 4));
    bytes[length++] =
      number === null
        ? (ESCAPES[next] ?? next.charCodeAt(0))
        : Number.parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 8 : 16);
    at += number?.[0].length ?? 1;
  }
  return bytes.subarray(0, length);
}
