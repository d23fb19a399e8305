import type { PersistFault } from '../protocol/validation-failure.ts';
import type { PersistRecord } from './persist-record.ts';
import { parsePersistRecord } from './persist-record.ts';
import { quote } from './quote.ts';

/** What a record of dns-persist-01 has to allow. */
export interface PersistQuestion {
  /** What this CA is called: lower case, the first one is what people are told to write. */
  readonly issuers: readonly string[];
  readonly accountUrl: string;
  readonly wildcard: boolean;
  /** The time of the CA's calendar, in milliseconds since 1970. */
  readonly now: number;
}

export type PersistDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly fault: PersistFault;
      /** One for each record that names this CA, or else the names that the records have. */
      readonly reasons: readonly string[];
    };

/** Names in a sentence. */
const NAMED_AT_MOST = 3;

/**
 * Whether one of the TXT records lets the account have a certificate (draft-ietf-acme-dns-persist section 4). Records for
 * other CAs do not count, whatever is in them. Of ours the first that allows it is enough; else one that breaks the syntax
 * outranks those that do not allow it, as in Let's Encrypt's code.
 */
export function decidePersist(texts: readonly string[], question: PersistQuestion): PersistDecision {
  const records = texts.map(parsePersistRecord);
  const ours = records.filter(({ issuer }) => issuer !== undefined && question.issuers.includes(issuer));
  const malformed: string[] = [];
  const refusing: string[] = [];
  for (const { content } of ours) {
    if (!content.ok) malformed.push(content.refusal);
    else {
      const reason = obstacleIn(content.value, question);
      if (reason === undefined) return { allowed: true };
      refusing.push(reason);
    }
  }
  if (malformed.length > 0) return { allowed: false, fault: 'malformed', reasons: malformed };
  if (refusing.length > 0) return { allowed: false, fault: 'unauthorized', reasons: refusing };
  const named = new Set(records.map(({ issuer }) => quote(issuer ?? '')));
  return { allowed: false, fault: 'other-issuers', reasons: [...named].slice(0, NAMED_AT_MOST) };
}

/** The record that would be enough, for people to write. */
export function persistRecordFor({ issuers, accountUrl, wildcard }: Omit<PersistQuestion, 'now'>): string {
  const policy = wildcard ? '; policy=wildcard' : '';
  return `${issuers[0] ?? ''}; accounturi=${accountUrl}${policy}`;
}

function obstacleIn(record: PersistRecord, question: PersistQuestion): string | undefined {
  // RFC 3986 section 6.2.1: simple string comparison.
  if (record.accountUri !== question.accountUrl) {
    return `it is for the account ${quote(record.accountUri)}, and ${quote(question.accountUrl)} asks`;
  }
  // Any other policy counts as none, and a wildcard's record is good for its base name too.
  if (question.wildcard && record.policy?.toLowerCase() !== 'wildcard') {
    return record.policy === undefined
      ? 'it has no policy=wildcard, which a wildcard needs'
      : `it has policy=${quote(record.policy)}, and a wildcard needs policy=wildcard`;
  }
  const { persistUntil } = record;
  if (persistUntil === undefined || question.now <= persistUntil * 1000) return undefined;
  return `it was good until ${timeText(persistUntil)} (persistUntil=${persistUntil}), and now is ${timeText(question.now / 1000)}`;
}

/** RFC 3339, for seconds that the calendar has; what lies beyond is given as it is. */
function timeText(seconds: number): string {
  const date = new Date(Math.floor(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}
