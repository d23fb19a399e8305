import { UnreachableError } from '../../../src/client/client-error.ts';
import type { RunningServer } from '../../support/running-server.ts';
import type { CrashWorld } from './crash-world.ts';
import { withSession } from './crash-world.ts';
import type { LoadContext } from './load.ts';
import { doSomething } from './load.ts';

const WORKERS = 8;

/** What to do to the server, and after how many requests. Called once. */
export interface Interruption {
  readonly afterRequests: number;
  readonly interrupt: () => void;
}

export interface InterruptedLoad {
  /** Whether a request had no answer yet when the server was interrupted. */
  readonly midRequest: boolean;
  readonly exitCode: number | null;
}

/** Loads the server until it is interrupted, and resolves when it is gone. */
export async function loadUntil(
  world: CrashWorld,
  server: RunningServer,
  { afterRequests, interrupt }: Interruption,
): Promise<InterruptedLoad> {
  let left = afterRequests;
  let inFlight: number | undefined;
  await withSession(
    server,
    world.ledger,
    (session) => {
      left -= 1;
      if (left !== 0) return;
      inFlight = session.inFlight();
      interrupt();
    },
    async (session) => {
      const context: LoadContext = { ...world, session, busy: new Set() };
      await Promise.all(Array.from({ length: WORKERS }, () => work(context, () => inFlight !== undefined)));
    },
  );
  return { midRequest: (inFlight ?? 0) > 0, exitCode: await server.exited };
}

async function work(context: LoadContext, isInterrupted: () => boolean): Promise<void> {
  for (;;) {
    try {
      await doSomething(context);
    } catch (error) {
      if (error instanceof UnreachableError && isInterrupted()) return;
      throw error;
    }
  }
}
