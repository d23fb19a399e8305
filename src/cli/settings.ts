import { UsageError } from './usage-error.ts';

type Settings = { readonly [key: string]: unknown };

/**
 * Puts `KEY=VALUE` assignments (keys are dotted paths) over settings that came from a file; the last one wins. Values are
 * read as the schema expects later: `true`, `false`, numbers, and comma-separated lists where the key holds a list.
 * Throws UsageError for an assignment without `=`.
 */
export function applyAssignments(
  settings: Settings,
  assignments: readonly string[],
  isList: (key: string) => boolean,
): Settings {
  return assignments.reduce((current, assignment) => {
    const equals = assignment.indexOf('=');
    if (equals < 1)
      throw new UsageError(`--set ${assignment}: write it as KEY=VALUE, for instance acme.port=14001`);
    const key = assignment.slice(0, equals);
    const text = assignment.slice(equals + 1);
    // The one list key that also takes a word is dns.servers.
    const value =
      isList(key) && text !== 'system' ? text.split(',').filter((part) => part !== '') : scalar(text);
    return withValue(current, pathOf(key), value);
  }, settings);
}

/** Puts `NAME=ADDR[,ADDR]` of --host under `dns.hosts`. Throws UsageError for one without `=`. */
export function applyHosts(settings: Settings, hosts: readonly string[]): Settings {
  return hosts.reduce((current, host) => {
    const [name = '', addresses = ''] = host.split('=', 2);
    if (name === '' || addresses === '')
      throw new UsageError(
        `--host ${host}: write it as NAME=ADDRESS[,ADDRESS], for instance www.example.test=127.0.0.1,::1`,
      );
    return withValue(current, ['dns', 'hosts', name], addresses.split(','));
  }, settings);
}

/** A dotted path, except that what follows `dns.hosts.` is one name with dots of its own. */
function pathOf(key: string): readonly string[] {
  const hosts = 'dns.hosts.';
  return key.startsWith(hosts) ? ['dns', 'hosts', key.slice(hosts.length)] : key.split('.');
}

function scalar(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/.test(text) ? Number(text) : text;
}

function withValue(settings: Settings, path: readonly string[], value: unknown): Settings {
  const [head, ...rest] = path;
  if (head === undefined) return settings;
  const below = settings[head];
  const inner: Settings =
    typeof below === 'object' && below !== null && !Array.isArray(below) ? { ...below } : {};
  return { ...settings, [head]: rest.length === 0 ? value : withValue(inner, rest, value) };
}
