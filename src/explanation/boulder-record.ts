import type { AttemptStep, ValidationRecord } from '../protocol/validation-record.ts';

/** One entry of the `validationRecord` that Let's Encrypt shows in a challenge object. */
export interface BoulderRecord {
  readonly url?: string;
  readonly hostname: string;
  readonly port?: string;
  readonly addressesResolved?: readonly string[];
  readonly addressUsed: string;
  /** tls-alpn-01: what was tried before `addressUsed`. */
  readonly addressesTried?: readonly string[];
}

/**
 * The record in the shape that clients of Let's Encrypt know: for http-01 one entry for each connection attempt, so that a
 * retry shows as a further one with the same URL; for tls-alpn-01 one entry, where anything was dialled; for what is in DNS one
 * when it passed, and none when it failed. It is the primary perspective's alone, and stands also where CAA or the remote
 * perspectives then made the validation fail.
 */
export function renderBoulderRecord(record: ValidationRecord): readonly BoulderRecord[] {
  if (isInDns(record.challengeType)) {
    return isProved(record) ? [{ hostname: record.identifier.value, addressUsed: '' }] : [];
  }
  if (record.challengeType === 'tls-alpn-01') return tlsAlpnEntries(record);
  const resolved = new Map<string | undefined, readonly string[]>();
  const entries: BoulderRecord[] = [];
  for (const step of record.steps) {
    if (step.step === 'plan') resolved.set(step.url, step.addressesResolved);
    if (step.step === 'attempt') entries.push(entryOf(step, resolved.get(step.url) ?? [step.address]));
  }
  return entries;
}

function isProved({ failure }: ValidationRecord): boolean {
  return failure === undefined || ['caa', 'caa-lookup', 'perspectives'].includes(failure.class);
}

function isInDns(type: ValidationRecord['challengeType']): boolean {
  return type === 'dns-01' || type === 'dns-account-01' || type === 'dns-persist-01';
}

function entryOf(step: AttemptStep, addressesResolved: readonly string[]): BoulderRecord {
  const { url, hostname, port, address } = step;
  const used = { hostname, port: String(port), addressesResolved, addressUsed: address };
  return url === undefined ? used : { url, ...used };
}

function tlsAlpnEntries({ steps }: ValidationRecord): readonly BoulderRecord[] {
  const plan = steps.find((step) => step.step === 'plan');
  const attempts = steps.filter((step) => step.step === 'attempt');
  const last = attempts.at(-1);
  if (last === undefined) return [];
  const entry = entryOf(last, plan?.addressesResolved ?? [last.address]);
  const addressesTried = attempts.slice(0, -1).map(({ address }) => address);
  return [addressesTried.length === 0 ? entry : { ...entry, addressesTried }];
}
