import type { ValidationStep } from '../protocol/validation-record.ts';
import { endpoint } from './address-origin.ts';

/** Where a validation came to last, and the status that it was answered with; each absent where there was none. */
export interface Reached {
  /** `ADDRESS:PORT`. */
  readonly place?: string;
  readonly status?: number;
}

/** What the steps of a perspective reached. */
export function reachedIn(steps: readonly ValidationStep[]): Reached {
  const dialled = steps.findLast((step) => step.step === 'attempt');
  const response = steps.findLast((step) => step.step === 'response');
  return {
    ...(dialled === undefined ? {} : { place: endpoint(dialled.address, dialled.port) }),
    ...(response === undefined ? {} : { status: response.status }),
  };
}

/** True where two perspectives came to the same place, and were answered there with the same status. */
export function reachedTheSame(one: readonly ValidationStep[], other: readonly ValidationStep[]): boolean {
  const [here, there] = [reachedIn(one), reachedIn(other)];
  return here.place === there.place && here.status === there.status;
}
