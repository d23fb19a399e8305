import type { Socket } from 'node:net';
import type { PlannedAddress } from '../policy/address-family.ts';
import type { AttemptStep } from '../protocol/validation-record.ts';
import type { DialFailureOutcome } from '../runtime/network.ts';
import { dialWithDescriptor, takeTurn } from './dial-turn.ts';
import type { Host } from './host-plan.ts';
import { keptUrl } from './printable.ts';
import type { ValidationContext } from './validation-context.ts';

/** A dial that did not connect. `aborted`: the validation was over first. */
export type NotConnected =
  | { readonly outcome: 'not-connected'; readonly kind: DialFailureOutcome; readonly code?: string }
  | { readonly outcome: 'not-connected'; readonly kind: 'aborted' };

/** A wait for a turn that is shorter is nothing to tell of. */
const NOTABLE_WAIT_MS = 100;

/**
 * Dials the address of the host, once and in turn, records the attempt, and hands the connection over. The turn lasts until
 * `use` is done, which has to destroy the socket.
 */
export async function dialInTurn<Result>(
  context: ValidationContext,
  { url, hostname, port }: Host,
  address: PlannedAddress,
  use: (socket: Socket) => Promise<Result>,
): Promise<Result | NotConnected> {
  const turn = await takeTurn(context, address.address);
  if (turn === undefined) return { outcome: 'not-connected', kind: 'aborted' };
  try {
    const dial = await dialWithDescriptor(context, { address: address.address, port });
    const step: AttemptStep = {
      step: 'attempt',
      ...(url === undefined ? {} : { url: keptUrl(url) }),
      hostname,
      ...address,
      port,
      outcome: dial.outcome,
      ...(turn.waitedMs < NOTABLE_WAIT_MS ? {} : { waitedMs: turn.waitedMs }),
      durationMs: dial.durationMs,
    };
    if (dial.outcome === 'connected') {
      context.steps.push(step);
      return await use(dial.socket);
    }
    const code = dial.code === undefined ? {} : { code: dial.code };
    context.steps.push({ ...step, ...code });
    return { outcome: 'not-connected', kind: dial.outcome, ...code };
  } finally {
    turn.release();
  }
}
