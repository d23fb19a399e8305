/** Where a text ceases to be JSON. Line and column count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  /** The character there; undefined at the end of the text. */
  readonly found: string | undefined;
}

/** The tokens of RFC 8259: punctuation, strings, and literals with numbers. */
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.]))/uy;

/** What may come next: each state names the tokens that it takes (`s` a string, `v` any other plain value). */
type State = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'after value';

const TAKES: Readonly<Record<State, string>> = {
  value: '{[sv',
  'first item': '{[sv]',
  'first key': 's}',
  key: 's',
  colon: ':',
  'after value': ',]}',
};

/** Finds the first place at which the text is not JSON: Node's own parser tells it for some texts only. */
export function findJsonFault(text: string): JsonFault {
  const open: string[] = [];
  let state: State = 'value';
  let end = 0;
  for (;;) {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(text);
    const kind = match === null ? '' : (match[1] ?? (match[2] === undefined ? 'v' : 's'));
    const fits = kind !== '' && TAKES[state].includes(kind) && closes(open, state, kind);
    if (!fits) return faultAt(text, end);
    state = next(open, state, kind);
    end = TOKEN.lastIndex;
  }
}

/** True unless the token ends or continues what is not open. */
function closes(open: readonly string[], state: State, kind: string): boolean {
  const innermost = open.at(-1);
  if (kind === '}') return innermost === '{';
  if (kind === ']') return innermost === '[';
  return state !== 'after value' || innermost !== undefined;
}

function next(open: string[], state: State, kind: string): State {
  switch (kind) {
    case '{':
      open.push(kind);
      return 'first key';
    case '[':
      open.push(kind);
      return 'first item';
    case ':':
      return 'value';
    case ',':
      return open.at(-1) === '{' ? 'key' : 'value';
    case '}':
    case ']':
      open.pop();
      return 'after value';
    default:
      return state === 'key' || state === 'first key' ? 'colon' : 'after value';
  }
}

function faultAt(text: string, end: number): JsonFault {
  const at = end + (/^[ \t\r\n]*/.exec(text.slice(end))?.[0].length ?? 0);
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, found: text[at] };
}
