import { isIP } from 'node:net';
import type { Answer, AnswerSource } from '../dns/resolver.ts';
import type { ResolvedAddresses } from '../policy/address-family.ts';
import { isIpv4Mapped, reservedBlock } from '../policy/reserved-addresses.ts';
import type { AddressFamily } from '../protocol/address-family-rule.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { LookupFailure, NoAddressFailure } from '../protocol/validation-failure.ts';
import type { FilteredAddress } from '../protocol/validation-record.ts';
import { failedLookup, isFailedLookup, KEPT_VALUES, lookupStep } from './lookup-step.ts';
import type { ValidationContext } from './validation-context.ts';

export interface HostAddresses {
  readonly usable: ResolvedAddresses;
  readonly filtered: readonly FilteredAddress[];
  /** Who answered for each family; nobody for a literal address. */
  readonly sources: Readonly<Partial<Record<AddressFamily, AnswerSource>>>;
}

export interface NoHostAddress {
  readonly failure: LookupFailure | NoAddressFailure;
  readonly filtered: readonly FilteredAddress[];
}

type AddressConfig = Pick<ValidationContext['config'], 'ipv6' | 'allowReservedAddresses'>;

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
    reason: because === 'reserved' ? `reserved: ${detail}` : 'validation.ipv6 is false',
  }));
  const answered = answers.find(({ outcome }) => outcome === 'answered') ?? answers[0];
  const from = answered === undefined ? {} : { addressSource: answered.source };
  return answers.some(isFailedLookup)
    ? { class: 'lookup', hostname, lookups: answers.map(failedLookup), filtered, ...from }
    : { class: 'no-address', hostname, filtered, ...from };
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
  const isUsable = (address: string) => {
    const obstacle = obstacleTo(address, config);
    if (obstacle !== undefined) filtered.push({ address, ...obstacle });
    return obstacle === undefined;
  };
  const usable = {
    ipv6: ipv6.filter((address) => isIP(address) === 6 && isUsable(address)),
    ipv4: ipv4.filter((address) => isIP(address) === 4 && isUsable(address)),
  };
  return { usable, filtered };
}

function obstacleTo(address: string, config: AddressConfig): Omit<FilteredAddress, 'address'> | undefined {
  const isIpv6 = isIP(address) === 6;
  // RFC 4038 section 4.2: an IPv4-mapped address leaves the host as IPv4, so it can never be the IPv6 connection.
  if (isIpv6 && isIpv4Mapped(address))
    return { because: 'reserved', detail: 'IPv4-mapped Address (RFC 4291)' };
  if (!config.allowReservedAddresses) {
    const block = reservedBlock(address);
    if (block !== undefined) return { because: 'reserved', detail: `${block.name} (${block.source})` };
  }
  return isIpv6 && !config.ipv6 ? { because: 'ipv6-disabled' } : undefined;
}
