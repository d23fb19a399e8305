import type { DnsRecord } from './answer-record.ts';
import type { CaaRecord } from './caa-record.ts';
import type { DnsQuestion } from './dns-message.ts';
import { isLookupName } from './host-name.ts';

/** RFC 1034 section 3.6.2 sets no number; real names need one or two. */
const MAX_CNAMES = 8;

/** How far the records of one answer lead. `cnames` are the targets, in order, the earlier answers' included. */
export interface FollowedChain {
  readonly cnames: readonly string[];
  /** The name at the end of the chain. */
  readonly end: string;
  /** Values of the type asked for at the end; empty when there are none. */
  readonly values: readonly string[];
  /** The parts of the values; present where CAA was asked for. */
  readonly caa?: readonly CaaRecord[];
  /** Whether this answer led on by a CNAME, so that the end may be asked for by itself. */
  readonly moved: boolean;
  /** Seconds, the smallest of the records used. */
  readonly ttlSeconds?: number;
}

export type ChainResult =
  | ({ readonly ok: true } & FollowedChain)
  | { readonly ok: false; readonly cnames: readonly string[]; readonly reason: string };

/**
 * Follows CNAMEs from the question's name through the records. `earlier` are the names that led to this question, the
 * first one the name that was looked up. Records whose owner is not on the chain are ignored: a server may only speak
 * for what it was asked (RFC 5452 section 6). More than 8, a loop, or two at one name is a refusal in words.
 */
export function followCnames(
  question: DnsQuestion,
  earlier: readonly string[],
  records: readonly DnsRecord[],
): ChainResult {
  const visited = [...earlier, question.name];
  const used: DnsRecord[] = [];
  for (let owner = question.name; ; ) {
    const owned = records.filter((record) => record.owner === owner);
    const found = owned.filter((record) => record.type === question.type);
    const target = owned.find((record) => record.type === 'CNAME');
    if (found.length > 0 || target === undefined) {
      const ttls = [...used, ...found].map((record) => record.ttlSeconds);
      return {
        ok: true,
        cnames: visited.slice(1),
        end: owner,
        values: found.map((record) => record.value),
        ...(question.type === 'CAA' ? { caa: found.flatMap((record) => record.caa ?? []) } : {}),
        moved: used.length > 0,
        ...(ttls.length === 0 ? {} : { ttlSeconds: Math.min(...ttls) }),
      };
    }
    const problem = problemOf(target, owned, visited);
    if (problem !== undefined) return { ok: false, cnames: visited.slice(1), reason: problem };
    used.push(target);
    visited.push(target.value);
    owner = target.value;
  }
}

function problemOf(
  target: DnsRecord,
  owned: readonly DnsRecord[],
  visited: readonly string[],
): string | undefined {
  if (visited.includes(target.value)) {
    return `the CNAME of ${target.owner} leads back to ${target.value}`;
  }
  if (!isLookupName(target.value)) {
    return `the CNAME of ${target.owner} leads to ${target.value || 'the root'}, which cannot be asked for`;
  }
  // RFC 2181 section 10.1.
  if (owned.some((record) => record.type === 'CNAME' && record.value !== target.value)) {
    return `${target.owner} has more than one CNAME`;
  }
  if (visited.length > MAX_CNAMES) {
    return `more than ${MAX_CNAMES} CNAMEs lie between ${visited[0]} and its records`;
  }
  return undefined;
}
