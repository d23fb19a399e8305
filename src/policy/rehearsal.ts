import type { ValidationFailure } from '../protocol/validation-failure.ts';

/**
 * True when all that a validation lacks is the proof itself: the way to whoever would have given it was open. A rehearsal, for
 * which no order exists and so nobody has a proof, comes no further than this.
 */
export function isAbsentProof(failure: ValidationFailure): boolean {
  switch (failure.class) {
    case 'status':
    case 'body-too-long':
    case 'wrong-content':
    case 'wrong-txt':
    case 'persist':
    case 'alpn':
    case 'certificate':
      return true;
    case 'no-txt':
      // What has addresses from us alone never has a TXT record.
      return failure.answerSource?.kind !== 'localhost' && failure.answerSource?.kind !== 'configured-hosts';
    case 'lookup':
      // Before its record is made, the name of a TXT record need not be there.
      return failure.lookups.every(({ type, outcome }) => type === 'TXT' && outcome === 'nxdomain');
    case 'tls':
      return failure.kind === 'no-alpn';
    case 'no-address':
    case 'connect':
    case 'exchange':
    case 'redirect':
    case 'caa':
    case 'caa-lookup':
    case 'perspectives':
    case 'overall-timeout':
    case 'internal':
      return false;
  }
}

/**
 * True when a perspective's part is done well enough for what comes after it (CAA, the other perspectives, a pass): it did not
 * fail, or, in a rehearsal, it lacks nothing but the proof and the account.
 */
export function suffices(failure: ValidationFailure | undefined, rehearsal: boolean): boolean {
  return failure === undefined || (rehearsal && (isAbsentProof(failure) || isAbsentAccount(failure)));
}

/** CAA names accounts, and nobody has said which one is to ask: then none can be the wrong one. */
function isAbsentAccount(failure: ValidationFailure): boolean {
  return failure.class === 'caa' && failure.decision === 'wrong-account' && failure.expected === undefined;
}
