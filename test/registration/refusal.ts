import { AcmeError } from '../../src/protocol/acme-error.ts';
import type { ErrorCode } from '../../src/protocol/problem.ts';

export interface Refusal {
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string;
  readonly error: AcmeError;
}

/** What the promise was refused with. Throws when it was not refused, or by something else. */
export async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    return { code: error.code, status: error.status, detail: error.message, error };
  }
  throw new Error('This was to be refused, and was not.');
}
