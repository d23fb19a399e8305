import { isIP } from 'node:net';
import { refuseInternationalLabel } from './international-label.ts';
import type { PolicyRefusal } from './policy-refusal.ts';
import { publicSuffix } from './public-suffix.ts';
import { specialUseName } from './special-use-names.ts';

/** RFC 1035 section 2.3.4, without the root's dot. */
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
/** Boulder's limit, under the public suffix rules only. */
const MOST_LABELS = 10;

export interface DomainNameRules {
  /** True to apply Let's Encrypt's rules for public names. */
  readonly requirePublicSuffix: boolean;
}

/**
 * Says what is wrong with a lower-case DNS identifier, wildcards included (RFC 8555 sections 7.1.3 and 7.1.4), or undefined
 * when it may be ordered. The first rule that is broken decides.
 */
export function refuseDomainName(name: string, rules: DomainNameRules): PolicyRefusal | undefined {
  if (name === '') return malformed('is empty');
  if (isAddress(name))
    return malformed('is an IP address; ask for it with the type "ip" (RFC 8738), not "dns"');
  if (name.endsWith('.')) return malformed('ends in a dot; write it without');
  if (name.length > LONGEST_NAME) return malformed(`is longer than ${LONGEST_NAME} characters`);
  const wildcard = refuseWildcard(name);
  if (wildcard !== undefined) return wildcard;
  const base = name.startsWith('*.') ? name.slice(2) : name;
  const labels = base.split('.');
  const badLabel = firstDefined(labels, refuseLabel);
  if (badLabel !== undefined) return badLabel;
  if (endsInNumber(labels)) {
    return malformed('ends in a number, so that programs take it for an IP address');
  }
  return rules.requirePublicSuffix ? refuseSuffix(base, labels, base !== name) : undefined;
}

/** RFC 8555 section 7.1.3: one `*`, which is the whole first label. */
function refuseWildcard(name: string): PolicyRefusal | undefined {
  const stars = name.split('*').length - 1;
  if (stars === 0) return undefined;
  if (stars > 1) return malformed('has more than one "*"');
  if (!name.startsWith('*.')) return malformed('has a "*" that is not the whole first label');
  return undefined;
}

function refuseLabel(label: string): PolicyRefusal | undefined {
  if (label === '') return malformed('has an empty label: two dots in a row, or a dot at the start');
  if (label.length > LONGEST_LABEL) return malformed(`has a label of more than ${LONGEST_LABEL} characters`);
  const wrong = /[^a-z0-9-]/u.exec(label)?.[0];
  if (wrong !== undefined) return refuseCharacter(wrong);
  if (label.startsWith('-') || label.endsWith('-')) {
    return malformed('has a label that begins or ends with a hyphen');
  }
  if (label.slice(2, 4) !== '--') return undefined;
  if (!label.startsWith('xn--')) {
    return {
      code: 'rejectedIdentifier',
      detail: 'has a label with hyphens in third and fourth place that does not begin with "xn--"',
    };
  }
  const fault = refuseInternationalLabel(label);
  return fault === undefined ? undefined : malformed(fault);
}

function refuseCharacter(character: string): PolicyRefusal {
  if (character === '_') return malformed('has an underscore, which host names must not have');
  if (character.charCodeAt(0) < 0x80) {
    return malformed(`has the character ${JSON.stringify(character)}, which names must not have`);
  }
  return malformed('has a character outside ASCII; write international names in punycode ("xn--...")');
}

/** The URL standard reads a host whose last label is a number as an IPv4 address (its "ends in a number checker"). */
function endsInNumber(labels: readonly string[]): boolean {
  return /^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '');
}

function refuseSuffix(base: string, labels: readonly string[], wildcard: boolean): PolicyRefusal | undefined {
  if (labels.length > MOST_LABELS) return malformed(`has more than ${MOST_LABELS} labels`);
  if (labels.length < 2) return malformed('needs at least one dot, since only public names are allowed here');
  const suffix = publicSuffix(base);
  if (suffix === undefined) return malformed('does not end in a public suffix');
  if (suffix === base)
    return malformed(wildcard ? 'is a wildcard directly above a public suffix' : 'is a public suffix itself');
  const special = specialUseName(base);
  if (special === undefined) return undefined;
  return {
    code: 'rejectedIdentifier',
    detail: `is, or lies below, the special-use name "${special.name}" (${special.source}), which is no name of a host on the Internet`,
  };
}

/** True for an IP address, in brackets or without. */
export function isAddress(name: string): boolean {
  return isIP(name) !== 0 || (/^\[.*\]$/.test(name) && isIP(name.slice(1, -1)) !== 0);
}

function firstDefined<Item, Value>(
  items: readonly Item[],
  map: (item: Item) => Value | undefined,
): Value | undefined {
  for (const item of items) {
    const value = map(item);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** `detail` is the predicate of a sentence; the caller puts the name in front. */
function malformed(detail: string): PolicyRefusal {
  return { code: 'malformed', detail };
}
