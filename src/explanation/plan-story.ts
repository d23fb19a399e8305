import type { AdmittedAddress, FilteredAddress, PlanStep } from '../protocol/validation-record.ts';
import { familyName } from './wording.ts';

/**
 * Which addresses of a host there are, which one goes first, and which is kept: in sentences, one a line. `toldUrl` is where a
 * redirect was said to lead, and is called "it".
 */
export function tellPlan(
  { url, hostname, first, spare, filtered, admitted = [], addressesResolved }: PlanStep,
  toldUrl?: string,
): readonly string[] {
  const left = [...filtered.map(tellFiltered), ...admitted.map(tellAdmitted)];
  if (first === undefined) return [...left, `There is no address of ${hostname} to connect to.`];
  const what = url === undefined ? `to reach ${hostname}` : `to fetch ${url === toldUrl ? 'it' : url}`;
  const address = `${first.address} (${familyName(first.family)})`;
  if (addressesResolved.length === 1) return [...left, `${address} is dialled ${what}.`];
  const kept = spare === undefined ? 'no other is' : `${spare.address} (${familyName(spare.family)}) is`;
  return [
    ...left,
    `Of ${addressesResolved.length} addresses ${address} goes first, and ${kept} kept for a retry, ${what}.`,
  ];
}

function tellFiltered({ address, because, detail }: FilteredAddress): string {
  switch (because) {
    case 'reserved':
      return `Left out ${address}: it is reserved${detail === undefined ? '' : `, ${detail}`}.`;
    case 'denied':
      return `Left out ${address}: validation.denyAddresses has ${detail}.`;
    case 'ipv6-disabled':
      return `Left out ${address}: validation.ipv6 is false.`;
  }
}

function tellAdmitted({ address, prefix }: AdmittedAddress): string {
  return `Kept ${address}: validation.allowAddresses has ${prefix}.`;
}
