import { isIP } from 'node:net';
import type { AddressPlan, PlannedAddress } from '../policy/address-family.ts';
import { planAddresses } from '../policy/address-family.ts';
import type { RedirectTarget } from '../policy/redirects.ts';
import { http01Path } from '../protocol/key-authorization.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { HopReference, ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion } from '../protocol/validation-question.ts';
import type { PlanStep } from '../protocol/validation-record.ts';
import type { HostAddresses } from './host-addresses.ts';
import { findHostAddresses } from './host-addresses.ts';
import { KEPT_VALUES } from './lookup-step.ts';
import type { ValidationContext } from './validation-context.ts';
import { stopped } from './validation-context.ts';

/** A request whose host has been looked up and whose addresses have been chosen. */
export interface PlannedRequest {
  readonly target: RedirectTarget;
  /** 0 for the first request of a validation, 1 for what its redirect leads to, and so on. */
  readonly hop: number;
  readonly plan: AddressPlan;
  /** Where the plan begins. */
  readonly first: PlannedAddress;
  readonly sources: HostAddresses['sources'];
}

/** RFC 8555 section 8.3: where the key authorization is expected. The port is the configured one. */
export function firstTarget(
  { identifier, token }: Pick<ValidationQuestion, 'identifier' | 'token'>,
  port: number,
): RedirectTarget {
  const hostname = identifier.value;
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  const path = http01Path(token);
  const url = `http://${port === 80 ? host : `${host}:${port}`}${path}`;
  return { url, scheme: 'http', hostname, port, path };
}

/** Looks the target's host up and plans which addresses are dialled. `from` is the request that redirected here. */
export async function planRequest(
  context: ValidationContext,
  target: RedirectTarget,
  hop: number,
  from?: HopReference,
): Promise<Result<PlannedRequest, ValidationFailure>> {
  const found = await findHostAddresses(context, target.hostname);
  if (context.budget.signal.aborted) return refused(stopped(context, from));
  if (!found.ok) {
    const { filtered, failure } = found.refusal;
    context.steps.push(planStep(target, { usable: { ipv6: [], ipv4: [] }, filtered }, { rules: [] }));
    return refused(from === undefined ? failure : { ...failure, url: target.url, from });
  }
  const plan = planAddresses(
    found.value.usable,
    { hop, challengeType: 'http-01' },
    context.config.addressPolicy,
  );
  context.steps.push(planStep(target, found.value, plan));
  if (plan.first === undefined) throw new Error('unreachable: a host with usable addresses has a first one');
  return accepted({ target, hop, plan, first: plan.first, sources: found.value.sources });
}

function planStep(
  target: RedirectTarget,
  { usable, filtered }: Omit<HostAddresses, 'sources'>,
  plan: AddressPlan,
): PlanStep {
  const { first, spare, rules } = plan;
  return {
    step: 'plan',
    url: target.url,
    hostname: target.hostname,
    port: target.port,
    addressesResolved: [...usable.ipv6.slice(0, KEPT_VALUES), ...usable.ipv4.slice(0, KEPT_VALUES)],
    filtered: filtered.slice(0, KEPT_VALUES),
    ...(first === undefined ? {} : { first }),
    ...(spare === undefined ? {} : { spare }),
    rules,
  };
}
