import type { ComparedConnection } from '../explanation/policy-comparison.ts';
import { connectionsOf, partingWords } from '../explanation/policy-comparison.ts';
import type { CheckRun } from './check-run.ts';
import { verdictName } from './check-run.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';

type Row = readonly [policy: string, connection: string, rule: string, verdict: string];

const HEADINGS = ['policy', 'connections in order', 'rule on a retry', 'verdict'] as const satisfies Row;

/** A table of what the policies do, a line for each connection, and below it where they part. */
export function renderComparison(runs: readonly CheckRun[], output: Output): readonly string[] {
  const documented = runs.find(({ policy }) => policy === 'documented');
  const rows = runs.flatMap((run) => rowsOf(run, documented));
  const [policy, connection, rule] = [0, 1, 2].map((column) =>
    Math.max(...[HEADINGS, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: Row) =>
    [row[0].padEnd(policy ?? 0), row[1].padEnd(connection ?? 0), row[2].padEnd(rule ?? 0), row[3]]
      .join('  ')
      .trimEnd();
  return [
    styled(output, 'bold', line(HEADINGS)),
    ...rows.map(line),
    partingWords(runs.map((run) => ({ ...run, verdict: verdictName(run.verdict) }))),
  ];
}

function rowsOf(run: CheckRun, documented: CheckRun | undefined): readonly Row[] {
  const verdict = run.verdict.ok ? 'OK' : verdictName(run.verdict);
  const reference = documented === undefined ? [] : connectionsOf(documented.record);
  const connections = connectionsOf(run.record);
  if (connections.length === 0) return [[run.policy, 'none', '', verdict]];
  return connections.map((connection, index) => [
    index === 0 ? run.policy : '',
    connectionWords(connection, connections[0]),
    ruleWords(connection, reference[index]),
    index === connections.length - 1 ? verdict : '',
  ]);
}

function connectionWords(
  { hostname, address, port, outcome }: ComparedConnection,
  first: ComparedConnection | undefined,
): string {
  const host = first?.hostname === hostname ? '' : ` (${hostname})`;
  return `${address.includes(':') ? `[${address}]` : address}:${port}${host} ${outcome}`;
}

/** A policy that does otherwise than is documented, after the same connection and about the same rule, departs from it. */
function ruleWords({ rule, retried }: ComparedConnection, reference: ComparedConnection | undefined): string {
  if (rule === undefined) return '';
  const departs = reference?.rule === rule && reference.retried !== retried;
  return departs ? `departs from ${rule}` : rule;
}
