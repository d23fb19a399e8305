import { AcmeError } from '../protocol/acme-error.ts';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { Identifier, RequestedIdentifier } from '../protocol/identifier.ts';
import { authorizationIdentifier, identifierKey, isWildcard } from '../protocol/identifier.ts';
import type { Subproblem } from '../protocol/problem.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { AddressSettings } from './address-admission.ts';
import { challengeTypesFor, fittingChallengeTypes } from './challenge-types.ts';
import { refuseDomainName } from './domain-name.ts';
import { refuseIpAddress } from './ip-identifier.ts';
import type { PolicyRefusal } from './policy-refusal.ts';
import { quote } from './quote.ts';

/** As Let's Encrypt's `classic` profile. */
const MOST_IDENTIFIERS = 100;

/** One identifier that is refused, or the list as a whole where `identifier` is absent. `detail` is a whole sentence. */
export interface IdentifierRefusal extends PolicyRefusal {
  readonly identifier?: RequestedIdentifier;
}

export interface IdentifierRules {
  /** True to apply Let's Encrypt's rules for public names; false allows localhost, single labels and private suffixes. */
  readonly requirePublicSuffix: boolean;
  /** Which addresses are refused. */
  readonly addresses: AddressSettings;
  /** The ways to prove control that are switched on: `policy.challengeTypes`. */
  readonly challengeTypes: readonly ChallengeType[];
}

/**
 * Checks what an order asks for: RFC 8555 section 7.4, RFC 8738. Returns the identifiers normalised (lower-case, each once,
 * in the client's order), or every refusal at once.
 */
export function checkIdentifiers(
  requested: readonly RequestedIdentifier[],
  rules: IdentifierRules,
): Result<readonly Identifier[], readonly [IdentifierRefusal, ...IdentifierRefusal[]]> {
  const distinct = new Map<string, RequestedIdentifier>();
  for (const identifier of requested) {
    const normal = normalise(identifier);
    const key = JSON.stringify([normal.type, normal.value]);
    if (!distinct.has(key)) distinct.set(key, normal);
  }
  const listRefusal = refuseCount(distinct.size);
  if (listRefusal !== undefined) return refused([listRefusal]);
  const allowed: Identifier[] = [];
  const refusals: IdentifierRefusal[] = [];
  for (const normal of distinct.values()) {
    const judged = judge(normal, rules);
    if (judged.ok) allowed.push(judged.value);
    else refusals.push(judged.refusal);
  }
  const [first, ...others] = refusals.length > 0 ? refusals : refuseCovered(allowed);
  return first === undefined ? accepted(allowed) : refused([first, ...others]);
}

/**
 * The error for refused identifiers: RFC 8555 section 6.7.1. Its code is theirs when they agree, else `rejectedIdentifier`;
 * each refused identifier has a subproblem with its own code.
 */
export function orderProblem(refusals: readonly [IdentifierRefusal, ...IdentifierRefusal[]]): AcmeError {
  const [first, ...others] = refusals;
  const code = others.every((refusal) => refusal.code === first.code) ? first.code : 'rejectedIdentifier';
  const detail =
    others.length === 0
      ? first.detail
      : `${first.detail} (and ${others.length} more ${others.length === 1 ? 'problem' : 'problems'}; the subproblems name each.)`;
  return new AcmeError(code, detail, { subproblems: refusals.flatMap(toSubproblem) });
}

function toSubproblem({ identifier, code, detail }: IdentifierRefusal): readonly Subproblem[] {
  return identifier === undefined ? [] : [{ identifier, code, detail }];
}

/** RFC 4343: names are compared without regard to ASCII case, so one spelling is kept. Other characters stay as they are. */
function normalise({ type, value }: RequestedIdentifier): RequestedIdentifier {
  return type === 'dns' ? { type, value: value.replace(/[A-Z]/g, (c) => c.toLowerCase()) } : { type, value };
}

function refuseCount(count: number): IdentifierRefusal | undefined {
  if (count === 0)
    return { code: 'malformed', detail: 'The order names no identifier; it needs at least one.' };
  if (count <= MOST_IDENTIFIERS) return undefined;
  return {
    code: 'malformed',
    detail: `The order names ${count} identifiers; at most ${MOST_IDENTIFIERS} are allowed. Make several orders of it.`,
  };
}

function judge(
  { type, value }: RequestedIdentifier,
  rules: IdentifierRules,
): Result<Identifier, IdentifierRefusal> {
  if (type !== 'dns' && type !== 'ip') {
    return refused({
      identifier: { type, value },
      code: 'unsupportedIdentifier',
      detail: `Cannot issue for ${quote(value)}: its type ${quote(type)} is not served here; "dns" and "ip" are.`,
    });
  }
  const identifier: Identifier = { type, value };
  const refusal =
    (type === 'dns' ? refuseDomainName(value, rules) : refuseIpAddress(value, rules.addresses)) ??
    refuseUnprovable(identifier, rules.challengeTypes);
  if (refusal === undefined) return accepted(identifier);
  return refused({
    identifier,
    code: refusal.code,
    detail: `Cannot issue for ${quote(value)}: it ${refusal.detail}.`,
  });
}

/** RFC 8555 section 7.1.4: an authorization offers challenges, and nothing could be proved with one that has none. */
function refuseUnprovable(
  identifier: Identifier,
  switchedOn: readonly ChallengeType[],
): PolicyRefusal | undefined {
  const wildcard = isWildcard(identifier);
  const proved = authorizationIdentifier(identifier);
  if (challengeTypesFor(proved, wildcard, switchedOn).length > 0) return undefined;
  const what = identifier.type === 'ip' ? 'an address' : wildcard ? 'a wildcard' : 'a name';
  return {
    code: 'rejectedIdentifier',
    detail:
      `is ${what}, whose control can be proved by ${fittingChallengeTypes(proved, wildcard).join(', ')}, and this CA offers ` +
      `${switchedOn.join(', ')} alone (policy.challengeTypes)`,
  };
}

/** As Let's Encrypt: a wildcard stands for every name directly below its base, so naming one of them too is a mistake. */
function refuseCovered(identifiers: readonly Identifier[]): readonly IdentifierRefusal[] {
  const wildcards = new Set(identifiers.filter(isWildcard).map(identifierKey));
  return identifiers.flatMap((identifier) => {
    const covering = `*${identifier.value.slice(identifier.value.indexOf('.'))}`;
    if (isWildcard(identifier) || !identifier.value.includes('.') || !wildcards.has(`dns:${covering}`))
      return [];
    return [
      {
        identifier,
        code: 'malformed' as const,
        detail: `Cannot issue for ${quote(identifier.value)}: it is covered by ${quote(covering)} in the same order; leave it out.`,
      },
    ];
  });
}
