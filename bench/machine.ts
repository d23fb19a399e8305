import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';

/** What the figures were measured on, and of. */
export interface Machine {
  readonly cpus: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly versions: readonly string[];
  /** Where the servers keep their data. */
  readonly dataFolders: string;
  /** Of this checkout. */
  readonly commit: string;
}

export function readMachine(pebble: string | undefined, root: string): Machine {
  const all = cpus();
  return {
    cpus: `${all.length} x ${all[0]?.model.trim() ?? 'unknown CPU'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${release()}`,
    versions: [`Node.js ${process.versions.node}`, ...(pebble === undefined ? [] : [pebbleVersion(pebble)])],
    dataFolders: fileSystemOf(tmpdir()),
    commit: commitOf(root),
  };
}

/** One paragraph. */
export function describeMachine(machine: Machine): string {
  const { cpus, memoryGb, system, versions, dataFolders, commit } = machine;
  return [
    `${cpus}, ${memoryGb} GB, ${system}, ${versions.join(', ')}; touchstone of commit ${commit}.`,
    `Data folders on ${dataFolders}. The generator, its DNS server and its responder share the machine with the servers.`,
  ].join('\n');
}

/** Processes that ran or waited to, on average over the last 1, 5 and 15 minutes: what else used the machine. */
export function loadAverages(): string {
  return loadavg()
    .map((load) => load.toFixed(1))
    .join(', ');
}

/** For instance `/tmp (ext4, /dev/vda)`. */
function fileSystemOf(folder: string): string {
  const { stdout } = spawnSync('df', ['--output=fstype,source', folder], { encoding: 'utf8' });
  const [type = 'an unknown file system', source = ''] =
    (stdout ?? '').trim().split('\n').at(-1)?.split(/\s+/) ?? [];
  return `${folder} (${type}, ${source})`;
}

/** Pebble 2.4 cannot tell its version; Debian's package manager can. */
function pebbleVersion(program: string): string {
  const { status, stdout } = spawnSync('dpkg-query', ['--show', 'pebble'], { encoding: 'utf8' });
  const version = stdout?.trim().split('\t')[1];
  return status === 0 && version !== undefined
    ? `Pebble ${version} (${program})`
    : `Pebble of unknown version (${program})`;
}

function commitOf(root: string): string {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const commit = git('rev-parse', '--short=12', 'HEAD');
  if (commit === undefined) return 'unknown';
  return git('status', '--porcelain') === '' ? commit : `${commit} with changes`;
}
