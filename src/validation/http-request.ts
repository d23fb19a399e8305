import { isIP } from 'node:net';
import type { RedirectTarget } from '../policy/redirects.ts';
import { http01Path } from '../protocol/key-authorization.ts';
import type { Result } from '../protocol/result.ts';
import { accepted } from '../protocol/result.ts';
import type { HopReference, ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion } from '../protocol/validation-question.ts';
import type { HostPlan } from './host-plan.ts';
import { planHost } from './host-plan.ts';
import type { ValidationContext } from './validation-context.ts';

/** A request whose host has been looked up and whose addresses have been chosen. */
export interface PlannedRequest extends HostPlan {
  readonly target: RedirectTarget;
  /** 0 for the first request of a validation, 1 for what its redirect leads to, and so on. */
  readonly hop: number;
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
  const planned = await planHost(context, target, { hop, challengeType: 'http-01' }, from);
  return planned.ok ? accepted({ target, hop, ...planned.value }) : planned;
}
