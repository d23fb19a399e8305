import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import type { RunningServer, ServerOptions } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';
import type { Chance } from './seeded-chance.ts';

/** When a start is to be killed: so long after the process was made, or after something in the folder has changed. */
export type KillMoment =
  | { readonly from: 'spawn'; readonly afterMs: number }
  | { readonly from: 'change'; readonly of: string; readonly named?: string; readonly afterMs: number };

/** Half of the moments are anywhere in a start of the given length, half just after the change. */
export function chooseMoment(
  chance: Chance,
  startMs: number,
  change: { readonly of: string; readonly named?: string; readonly withinMs: number },
): KillMoment {
  if (chance.below(2) === 0) return { from: 'spawn', afterMs: chance.below(startMs) };
  const { withinMs, ...where } = change;
  return { from: 'change', ...where, afterMs: chance.below(withinMs) };
}

/** Starts a server and kills it at the moment. Resolves with true when that was before it listened. */
export async function killDuringStart(options: ServerOptions, moment: KillMoment): Promise<boolean> {
  let watcher: FSWatcher | undefined;
  const arm = (kill: () => void): void => {
    if (moment.from === 'spawn') return void setTimeout(kill, moment.afterMs);
    watcher = watch(moment.of, (_event, name) => {
      if (moment.named !== undefined && name !== moment.named) return;
      watcher?.close();
      if (moment.afterMs === 0) kill();
      else setTimeout(kill, moment.afterMs);
    });
  };
  try {
    const server = await startedOrKilled({ ...options, onSpawn: arm });
    if (server === undefined) return true;
    server.kill();
    await server.exited;
    return false;
  } finally {
    watcher?.close();
  }
}

async function startedOrKilled(options: ServerOptions): Promise<RunningServer | undefined> {
  try {
    return await startServer(options);
  } catch (error) {
    // Killed, it has said nothing; what it says of itself is a fault.
    if (error instanceof Error && /ended before it listened:\n$/.test(error.message)) return undefined;
    throw error;
  }
}
