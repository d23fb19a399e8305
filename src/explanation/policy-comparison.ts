import type { AddressFamily, AddressFamilyRule, AddressPolicy } from '../protocol/address-family-rule.ts';
import type { ValidationRecord, ValidationStep } from '../protocol/validation-record.ts';
import { endpoint } from './address-origin.ts';
import { familyName } from './wording.ts';

/** One connection of a validation: where to, what came of it, and what a rule on retries said then. */
export interface ComparedConnection {
  readonly hostname: string;
  readonly address: string;
  readonly family: AddressFamily;
  readonly port: number;
  /** In a few words: `refused`, `status 404`. */
  readonly outcome: string;
  readonly rule?: AddressFamilyRule;
  /** Present with `rule`. */
  readonly retried?: boolean;
}

/** A validation under one policy. */
export interface PolicyRun {
  readonly policy: AddressPolicy;
  readonly record: ValidationRecord;
  /** In a word or two: `OK`, `connection-refused`. */
  readonly verdict: string;
}

/** The connections of a validation, in order. */
export function connectionsOf({ steps }: ValidationRecord): readonly ComparedConnection[] {
  const connections: ComparedConnection[] = [];
  for (const step of steps) {
    if (step.step === 'attempt') {
      const { hostname, address, family, port, outcome } = step;
      connections.push({ hostname, address, family, port, outcome: DIALLED[outcome] });
    } else {
      const last = connections.pop();
      if (last !== undefined) connections.push({ ...last, ...whatFollowed(step) });
    }
  }
  return connections;
}

const DIALLED = {
  connected: 'connected',
  timeout: 'timed out',
  refused: 'refused',
  'host-unreachable': 'host unreachable',
  'network-unreachable': 'network unreachable',
  reset: 'reset',
  other: 'failed',
  aborted: 'given up',
} as const;

function whatFollowed(step: ValidationStep): Partial<ComparedConnection> {
  switch (step.step) {
    case 'response':
      return { outcome: `status ${step.status}` };
    case 'exchange-failed':
      return { outcome: step.phase === 'tls' ? `TLS: ${step.kind}` : step.kind };
    case 'handshake-failed':
      return { outcome: `TLS: ${step.kind}` };
    case 'certificate':
      return { outcome: step.alpn === undefined ? 'TLS' : `TLS, ${step.alpn}` };
    case 'retry':
      return { rule: step.rule, retried: step.retried };
    default:
      return {};
  }
}

/** Where validations of one name under several policies part, and which of them agree. */
export function partingWords(runs: readonly PolicyRun[]): string {
  const paths = runs.map((run) => ({ ...run, connections: connectionsOf(run.record) }));
  const [first] = paths;
  if (first === undefined) return '';
  const partings = partingsOf(paths);
  if (partings.length > 0) return `They part ${partings.join(' Further on, they part ')}`;
  const verdicts = groupedBy(paths, ({ verdict }) => verdict);
  if (verdicts.length === 1) return `${capital(counted(paths))} agree${reasonToAgree(first)}.`;
  const parts = verdicts.map((group) => `${names(group)}: ${group[0].verdict}`);
  return `They make the same connections and part in the verdict (${parts.join('; ')}).`;
}

interface Path extends PolicyRun {
  readonly connections: readonly ComparedConnection[];
}

type Group = readonly [Path, ...Path[]];

/** Every place where paths that were one part, from the first on. */
function partingsOf(paths: readonly Path[]): readonly string[] {
  const longest = Math.max(...paths.map(({ connections }) => connections.length));
  for (let index = 0; index < longest; index += 1) {
    const ways = groupedBy(paths, ({ connections }) => target(connections[index]));
    if (ways.length > 1) return [partedAt(ways, index), ...ways.flatMap(partingsOf)];
    const ends = groupedBy(paths, ({ connections }) => connections[index]?.outcome ?? '');
    if (ends.length > 1) return [unsteady(ends, index)];
  }
  return [];
}

/** `index` is that of the first connection that not all of them make. */
function partedAt(groups: readonly Group[], index: number): string {
  const before = groups[0]?.[0].connections[index - 1];
  const place =
    before === undefined
      ? 'before the first connection'
      : `after the ${ORDINALS[index - 1] ?? `${index}th`} connection (${familyName(before.family)}: ${before.outcome})`;
  const ways = groups.map((group) => {
    const next = group[0].connections[index];
    if (next === undefined) return `${names(group)} ${group.length > 1 ? 'stop' : 'stops'}`;
    const go = before === undefined ? ['connect', 'connects'] : ['go on', 'goes on'];
    return `${names(group)} ${go[group.length > 1 ? 0 : 1]} to ${target(next)} over ${familyName(next.family)}`;
  });
  return `${place}: ${ways.join('; ')}.`;
}

const ORDINALS: readonly string[] = ['first', 'second', 'third'];

/** The same address answered differently, which no policy explains. */
function unsteady(ends: readonly Group[], index: number): string {
  const told = ends.map((group) => `"${group[0].connections[index]?.outcome}" under ${names(group)}`);
  return `because the network is not steady, so that this proves nothing: connection ${index + 1} ended with ${told.join(', ')}.`;
}

function reasonToAgree({ record, connections }: Path): string {
  if (connections.length === 0) return ': no connection was made';
  if (connections.some(({ rule }) => rule !== undefined))
    return ': none of them tries another address after this';
  const hadChoice = record.steps.some((step) => step.step === 'plan' && step.rules.length > 0);
  return hadChoice
    ? ': every connection stood, so that there was nothing to retry'
    : ': there was one address to connect to, and nothing to choose';
}

function target(connection: ComparedConnection | undefined): string {
  return connection === undefined ? '' : endpoint(connection.address, connection.port);
}

function groupedBy(paths: readonly Path[], keyOf: (path: Path) => string): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const path of paths) {
    const [first, ...others] = groups.get(keyOf(path)) ?? [];
    groups.set(keyOf(path), first === undefined ? [path] : [first, ...others, path]);
  }
  return [...groups.values()];
}

function counted({ length }: readonly unknown[]): string {
  return length === 4 ? 'all four policies' : `the ${length} policies`;
}

/** `boulder` and `every-hop`, in quotation marks. */
function names(group: Group): string {
  const quoted = group.map(({ policy }) => `"${policy}"`);
  const last = quoted.pop();
  return quoted.length === 0 ? `${last}` : `${quoted.join(', ')} and ${last}`;
}

function capital(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
