import { withoutMapping } from '../policy/reserved-addresses.ts';
import type { FairGate, Release } from '../runtime/fair-gate.ts';
import { createFairGate } from '../runtime/fair-gate.ts';
import type { DialResult, DialTarget } from '../runtime/network.ts';
import { pause } from '../runtime/pause.ts';
import type { ValidationConfig } from './validation-config.ts';
import type { ValidationContext } from './validation-context.ts';

/** Leave to dial, which counts against the limits until it is released: when the connection is closed. */
export interface DialTurn {
  /** Milliseconds that passed before the turn came. */
  readonly waitedMs: number;
  readonly release: Release;
}

/** Whose turn a validation takes that no account asked for. */
const NOBODY = 'nobody';

/** Node.js and the operating system ran out of file descriptors: the other host has nothing to do with it. */
const NO_DESCRIPTOR_CODES: readonly (string | undefined)[] = ['EMFILE', 'ENFILE'];
const DESCRIPTOR_PAUSE_MS = 100;

/** The gate that all dials of a validation authority go through. */
export function createDialGate(config: ValidationConfig): FairGate {
  return createFairGate({
    total: config.maxDials,
    perOwner: config.maxDialsPerAccount,
    perPlace: config.maxDialsPerAddress,
    // Half, so that no account alone keeps another's target at the same address waiting until a dial of its own times out.
    perOwnerAtPlace: Math.ceil(config.maxDialsPerAddress / 2),
  });
}

/**
 * Waits until the account's turn to dial has come and its address has room. The validation's own time stands still
 * meanwhile: others have taken it. Undefined when the server stopped first.
 */
export async function takeTurn(
  { dials, budget, timer, question }: ValidationContext,
  address: string,
): Promise<DialTurn | undefined> {
  const startedAt = timer.now();
  const resume = budget.pause();
  const claim = { owner: question.accountId ?? NOBODY, place: withoutMapping(address) };
  const release = await dials.acquire(claim, budget.signal);
  resume();
  return release && { release, waitedMs: timer.now() - startedAt };
}

/**
 * Dials, and dials again for as long as a dial may take when this host had no file descriptor to spare: then no packet
 * has left it, and nothing is known of the other one.
 */
export async function dialWithDescriptor(
  { network, timer, config, budget }: ValidationContext,
  target: DialTarget,
): Promise<DialResult> {
  const deadline = timer.now() + config.connectTimeoutMs;
  for (;;) {
    const result = await network.connect(target, config.connectTimeoutMs, budget.signal);
    if (result.outcome !== 'other' || !NO_DESCRIPTOR_CODES.includes(result.code)) return result;
    if (timer.now() + DESCRIPTOR_PAUSE_MS >= deadline) return result;
    if (!(await pause(timer, DESCRIPTOR_PAUSE_MS, budget.signal))) return result;
  }
}
