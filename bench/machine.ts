import { spawnSync } from 'node:child_process';
import { cpus, release, tmpdir, totalmem } from 'node:os';

/** One paragraph on what the figures were measured on. */
export function describeMachine(pebble: string | undefined): string {
  const all = cpus();
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  const versions = [
    `Node.js ${process.versions.node}`,
    ...(pebble === undefined ? [] : [pebbleVersion(pebble)]),
  ];
  return [
    `${all.length} x ${all[0]?.model.trim() ?? 'unknown CPU'}, ${gigabytes} GB, Linux ${release()}, ${versions.join(', ')}.`,
    `Data folders on ${fileSystemOf(tmpdir())}. The generator, its DNS server and its responder share the machine with the servers.`,
  ].join('\n');
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
