import type { AddressPlan, AddressRequest, PlannedAddress } from '../policy/address-family.ts';
import { planAddresses } from '../policy/address-family.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { HopReference, ValidationFailure } from '../protocol/validation-failure.ts';
import type { PlanStep } from '../protocol/validation-record.ts';
import type { HostAddresses } from './host-addresses.ts';
import { findHostAddresses } from './host-addresses.ts';
import { KEPT_VALUES } from './lookup-step.ts';
import { keptUrl } from './printable.ts';
import type { ValidationContext } from './validation-context.ts';
import { stopped } from './validation-context.ts';

/** A host to be connected to. */
export interface Host {
  /** What is to be fetched from it; absent in tls-alpn-01. */
  readonly url?: string;
  readonly hostname: string;
  readonly port: number;
}

/** A host that has been looked up, with the addresses that were chosen. */
export interface HostPlan {
  readonly plan: AddressPlan;
  /** Where the plan begins. */
  readonly first: PlannedAddress;
  readonly sources: HostAddresses['sources'];
}

/** Looks a host up, plans which of its addresses are dialled, and records it. `from` is the request that redirected here. */
export async function planHost(
  context: ValidationContext,
  host: Host,
  request: AddressRequest,
  from?: HopReference,
): Promise<Result<HostPlan, ValidationFailure>> {
  const found = await findHostAddresses(context, host.hostname);
  if (context.budget.signal.aborted) return refused(stopped(context, from));
  if (!found.ok) {
    const { filtered, failure } = found.refusal;
    context.steps.push(
      planStep(host, { usable: { ipv6: [], ipv4: [] }, filtered, admitted: [] }, { rules: [] }),
    );
    return refused(
      from === undefined || host.url === undefined ? failure : { ...failure, url: keptUrl(host.url), from },
    );
  }
  const plan = planAddresses(found.value.usable, request, context.config.addressPolicy);
  context.steps.push(planStep(host, found.value, plan));
  if (plan.first === undefined) throw new Error('unreachable: a host with usable addresses has a first one');
  return accepted({ plan, first: plan.first, sources: found.value.sources });
}

function planStep(
  { url, hostname, port }: Host,
  { usable, filtered, admitted }: Omit<HostAddresses, 'sources'>,
  plan: AddressPlan,
): PlanStep {
  const { first, spare, rules } = plan;
  return {
    step: 'plan',
    ...(url === undefined ? {} : { url: keptUrl(url) }),
    hostname,
    port,
    addressesResolved: [...usable.ipv6.slice(0, KEPT_VALUES), ...usable.ipv4.slice(0, KEPT_VALUES)],
    filtered: filtered.slice(0, KEPT_VALUES),
    ...(admitted.length === 0 ? {} : { admitted: admitted.slice(0, KEPT_VALUES) }),
    ...(first === undefined ? {} : { first }),
    ...(spare === undefined ? {} : { spare }),
    rules,
  };
}
