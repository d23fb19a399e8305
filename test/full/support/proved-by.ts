import type { RunningServer } from '../../support/running-server.ts';
import { PROGRAM } from '../../support/running-server.ts';
import { runProgram } from './run-program.ts';

interface Told {
  readonly status?: string;
  readonly authorizations: readonly {
    readonly identifier: { readonly value: string };
    readonly wildcard: boolean;
    readonly challenges: readonly { readonly type: string; readonly status: string }[];
  }[];
}

/**
 * How the names of the newest order for `name` were proved, as `touchstone explain --json` tells: a list of `NAME TYPE`, in
 * order, of the challenges that are valid. Throws unless the order is valid, and so has led to a certificate.
 */
export async function provedBy(
  { dataFolder }: Pick<RunningServer, 'dataFolder'>,
  name: string,
): Promise<readonly string[]> {
  const args = [PROGRAM, 'explain', name, '--json', '--data', dataFolder];
  const { code, output, stdout } = await runProgram(process.execPath, args, { home: dataFolder });
  if (code !== 0) throw new Error(`explain ended with ${code}:\n${output}`);
  const { status, authorizations } = JSON.parse(stdout) as Told;
  if (status !== 'valid') throw new Error(`the order is ${status}:\n${stdout}`);
  return authorizations
    .flatMap(({ identifier, wildcard, challenges }) =>
      challenges
        .filter((challenge) => challenge.status === 'valid')
        .map(({ type }) => `${wildcard ? '*.' : ''}${identifier.value} ${type}`),
    )
    .sort();
}

/** What `provedBy` gives when each name was proved by the one type. */
export function allBy(type: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${name} ${type}`).sort();
}
