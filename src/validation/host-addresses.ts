import { isIP } from 'node:net';
import type { Answer, AnswerSource } from '../dns/resolver.ts';
import type { AddressSettings } from '../policy/address-admission.ts';
import { judgeAddress } from '../policy/address-admission.ts';
import type { ResolvedAddresses } from '../policy/address-family.ts';
import { isIpv4Mapped } from '../policy/reserved-addresses.ts';
import type { AddressFamily } from '../protocol/address-family-rule.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { LookupFailure, NoAddressFailure } from '../protocol/validation-failure.ts';
import type { AdmittedAddress, FilteredAddress } from '../protocol/validation-record.ts';
import { aliasIn, failedLookup, isFailedLookup, KEPT_VALUES, lookupStep } from './lookup-step.ts';
import type { ValidationContext } from './validation-context.ts';

export interface HostAddresses {
  readonly usable: ResolvedAddresses;
  readonly filtered: readonly FilteredAddress[];
  readonly admitted: readonly AdmittedAddress[];
  /** Who answered for each family; nobody for a literal address. */
  readonly sources: Readonly<Partial<Record<AddressFamily, AnswerSource>>>;
}

export interface NoHostAddress {
  readonly failure: LookupFailure | NoAddressFailure;
  readonly filtered: readonly FilteredAddress[];
}

type AddressConfig = AddressSettings & Pick<ValidationContext['config'], 'ipv6'>;

/**
 * The addresses of a host that validation may use. A and AAAA are asked for side by side and both awaited, so that the
 * choice between them never depends on which answer is faster; one that fails is no matter while the other gives an
 * address. A literal address is its own answer.
 */
export async function findHostAddresses(
  context: ValidationContext,
  hostname: string,
): Promise<Result<HostAddresses, NoHostAddress>> {
  const literal = isIP(hostname);
  const answers = literal === 0 ? await lookUp(context, hostname) : [];
  const valuesOf = (type: Answer['type']) => answers.find((answer) => answer.type === type)?.values ?? [];
  const found = filterAddresses(
    literal === 6 ? [hostname] : valuesOf('AAAA'),
    literal === 4 ? [hostname] : valuesOf('A'),
    context.config,
  );
  if (found.usable.ipv6.length + found.usable.ipv4.length > 0)
    return accepted({ ...found, sources: sourcesOf(answers) });
  return refused({ failure: explainAbsence(hostname, answers, found.filtered), filtered: found.filtered });
}

function sourcesOf(answers: readonly Answer[]): HostAddresses['sources'] {
  return Object.fromEntries(
    answers.map(({ type, source }) => [type === 'AAAA' ? 'ipv6' : 'ipv4', source] as const),
  );
}

function explainAbsence(
  hostname: string,
  answers: readonly Answer[],
  filteredOut: readonly FilteredAddress[],
): LookupFailure | NoAddressFailure {
  const filtered = filteredOut.slice(0, KEPT_VALUES).map(({ address, because, detail }) => ({
    address,
    reason: reasonWords(because, detail),
  }));
  const answered = answers.find(({ outcome }) => outcome === 'answered') ?? answers[0];
  const from = answered === undefined ? {} : { addressSource: answered.source };
  return answers.some(isFailedLookup)
    ? { class: 'lookup', hostname, lookups: answers.map(failedLookup), filtered, ...from }
    : {
        class: 'no-address',
        hostname,
        filtered,
        ...(answered === undefined ? {} : aliasIn(answered)),
        ...from,
      };
}

function reasonWords(because: FilteredAddress['because'], detail = ''): string {
  switch (because) {
    case 'reserved':
      return `reserved: ${detail}`;
    case 'denied':
      return `denied: validation.denyAddresses has ${detail}`;
    case 'ipv6-disabled':
      return 'validation.ipv6 is false';
  }
}

async function lookUp(
  { resolver, budget, steps }: ValidationContext,
  hostname: string,
): Promise<readonly Answer[]> {
  const answers = await Promise.all([
    resolver.lookup(hostname, 'A', budget.signal),
    resolver.lookup(hostname, 'AAAA', budget.signal),
  ]);
  steps.push(...answers.map(lookupStep));
  return answers;
}

function filterAddresses(
  ipv6: readonly string[],
  ipv4: readonly string[],
  config: AddressConfig,
): Omit<HostAddresses, 'sources'> {
  const filtered: FilteredAddress[] = [];
  const admitted: AdmittedAddress[] = [];
  const isUsable = (address: string) => {
    const judged = judge(address, config);
    if ('because' in judged) filtered.push({ address, ...judged });
    else if (judged.exception !== undefined) admitted.push({ address, prefix: judged.exception });
    return !('because' in judged);
  };
  const usable = {
    ipv6: ipv6.filter((address) => isIP(address) === 6 && isUsable(address)),
    ipv4: ipv4.filter((address) => isIP(address) === 4 && isUsable(address)),
  };
  return { usable, filtered, admitted };
}

type Judged = Omit<FilteredAddress, 'address'> | { readonly exception: string | undefined };

function judge(address: string, config: AddressConfig): Judged {
  const isIpv6 = isIP(address) === 6;
  // RFC 4038 section 4.2: an IPv4-mapped address leaves the host as IPv4, so it can never be the IPv6 connection.
  if (isIpv6 && isIpv4Mapped(address))
    return { because: 'reserved', detail: 'IPv4-mapped Address (RFC 4291)' };
  const verdict = judgeAddress(address, config);
  if (verdict.admitted)
    return isIpv6 && !config.ipv6 ? { because: 'ipv6-disabled' } : { exception: verdict.exception };
  if (verdict.because === 'denied') return { because: 'denied', detail: verdict.prefix };
  return { because: 'reserved', detail: `${verdict.block.name} (${verdict.block.source})` };
}
