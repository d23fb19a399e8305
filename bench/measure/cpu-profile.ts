import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What V8 writes with --cpu-prof, as far as it is read here. */
interface RawProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileEntry {
  readonly name: string;
  /** Milliseconds in the function itself, callees excluded. */
  readonly selfMs: number;
}

export interface CpuProfile {
  /** Without the idle time. Blocked time counts as busy. */
  readonly busyMs: number;
  /** Functions, the costliest first. */
  readonly functions: readonly ProfileEntry[];
  /** The same time by where the code is: a file of ours, a package, a module of Node.js. */
  readonly places: readonly ProfileEntry[];
}

/** Reads the longest of the profiles in a folder (threads write their own). Throws when there is none. */
export function readCpuProfile(folder: string): CpuProfile {
  const profiles = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name): RawProfile => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const longest = profiles.sort((one, other) => other.samples.length - one.samples.length)[0];
  if (longest === undefined) throw new Error(`no .cpuprofile is in ${folder}: did the server end cleanly?`);
  return summarize(longest);
}

function summarize(profile: RawProfile): CpuProfile {
  const places = createPlaces();
  const nodes = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFunction = new Map<string, number>();
  const byPlace = new Map<string, number>();
  let busyMs = 0;
  for (const [index, id] of profile.samples.entries()) {
    const frame = nodes.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const milliseconds = (profile.timeDeltas[index] ?? 0) / 1000;
    busyMs += milliseconds;
    const { file, line } = places.of(frame);
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    add(byFunction, file === name ? name : `${name} ${file}${line}`, milliseconds);
    add(byPlace, file, milliseconds);
  }
  return { busyMs, functions: sorted(byFunction), places: sorted(byPlace) };
}

type Frame = RawProfile['nodes'][number]['callFrame'];

interface Place {
  /** A file of ours from src/ on, a package, a module of Node.js, or an entry of V8's own such as `(garbage collector)`. */
  readonly file: string;
  /** `:12`, or empty where there is no line. */
  readonly line: string;
}

/** Finds the sources that a bundled program was made of by its source maps, each of which is read once. */
function createPlaces(): { of(frame: Frame): Place } {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (url: string): SourceMap | undefined => {
    if (!maps.has(url)) maps.set(url, readSourceMap(url));
    return maps.get(url);
  };
  return {
    of({ url, functionName, lineNumber, columnNumber }) {
      if (url === '') return { file: functionName.startsWith('(') ? functionName : '(native)', line: '' };
      const entry = mapOf(url)?.findEntry(lineNumber, columnNumber);
      if (entry !== undefined && 'originalSource' in entry)
        return { file: shortPath(entry.originalSource), line: `:${entry.originalLine + 1}` };
      return { file: shortPath(url), line: `:${lineNumber + 1}` };
    },
  };
}

function readSourceMap(url: string): SourceMap | undefined {
  const file = url.startsWith('file:') ? `${fileURLToPath(url)}.map` : '';
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

function shortPath(path: string): string {
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  return inPackage ?? /\/(src\/.+)$/.exec(path)?.[1] ?? path;
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function sorted(sums: ReadonlyMap<string, number>): readonly ProfileEntry[] {
  return [...sums]
    .map(([name, selfMs]) => ({ name, selfMs }))
    .sort((one, other) => other.selfMs - one.selfMs);
}
