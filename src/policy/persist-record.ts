import { domainToASCII } from 'node:url';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import { quote } from './quote.ts';
import { trimmed } from './trimmed.ts';

/** What a record of dns-persist-01 says, beside whom it says it to. */
export interface PersistRecord {
  readonly accountUri: string;
  /** As written; only `wildcard`, in any letters, means something. */
  readonly policy?: string;
  /** Seconds since 1970: until then, and not after. */
  readonly persistUntil?: number;
}

/** A record, with the CA that it names in its normal form; undefined where it names none. `content` tells what breaks the syntax. */
export interface ParsedPersistRecord {
  readonly issuer: string | undefined;
  readonly content: Result<PersistRecord, string>;
}

interface Parameter {
  readonly tag: string;
  readonly value: string;
}

const ASCII = /^[\x21-\x7e]+$/;
/** RFC 8659 section 4.2: what a value may be made of. The semicolon ends it. */
const VALUE = /^[\x21-\x3a\x3c-\x7e]*$/;
/** RFC 1035 section 2.3.4. */
const LONGEST_NAME = 253;
const INTEGER = /^[+-]?[0-9]{1,32}$/;

/**
 * Reads a TXT record by the syntax of CAA's issue values (RFC 8659 section 4.2), as draft-ietf-acme-dns-persist has it: whom it
 * is for, then `tag=value` behind semicolons, in any order, tags in any letters. Unknown tags are ignored.
 */
export function parsePersistRecord(text: string): ParsedPersistRecord {
  const [issuer = '', ...rest] = text.split(';').map(withoutBlanks);
  return { issuer: normaliseIssuer(issuer), content: readParameters(rest) };
}

/** The form in which issuers' names are compared: A-labels in lower case, without a final dot. */
function normaliseIssuer(text: string): string | undefined {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  // What it takes to encode a label grows with the square of its length, and a record may have 64 kB.
  if (name.length > LONGEST_NAME) return undefined;
  // The URL parser would take numbers for an address, and mend what is no name.
  const normal = ASCII.test(name) ? name.toLowerCase() : domainToASCII(name);
  return normal === '' ? undefined : normal;
}

function readParameters(texts: readonly string[]): Result<PersistRecord, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    const parameter = readParameter(text);
    if (!parameter.ok) return parameter;
    const { tag, value } = parameter.value;
    if (!KNOWN_TAGS.includes(tag)) continue;
    if (found.has(tag)) return refused(`it has the parameter ${quote(tag)} twice`);
    found.set(tag, value);
  }
  return readKnown(found);
}

const KNOWN_TAGS: readonly string[] = ['accounturi', 'policy', 'persistuntil'];

function readParameter(text: string): Result<Parameter, string> {
  if (text === '') return refused('it has an empty parameter, or a semicolon at its end');
  const equals = text.indexOf('=');
  if (equals === -1) return refused(`its parameter ${quote(text)} is not of the form tag=value`);
  const tag = withoutBlanks(text.slice(0, equals));
  const value = withoutBlanks(text.slice(equals + 1));
  if (tag === '') return refused(`its parameter ${quote(text)} has no tag`);
  if (!VALUE.test(value))
    return refused(
      `the value ${quote(value)} of its parameter ${quote(tag)} has a character that is no printable ASCII, or a space`,
    );
  return accepted({ tag: tag.toLowerCase(), value });
}

function readKnown(found: ReadonlyMap<string, string>): Result<PersistRecord, string> {
  const accountUri = found.get('accounturi') ?? '';
  if (accountUri === '') return refused('it does not say for which account it is (accounturi)');
  const policy = found.get('policy');
  const until = found.get('persistuntil');
  if (until !== undefined && !isSigned64(until))
    return refused(`its persistUntil ${quote(until)} is not a number of seconds since 1970`);
  return accepted({
    accountUri,
    ...(policy === undefined ? {} : { policy }),
    ...(until === undefined ? {} : { persistUntil: Number(until) }),
  });
}

/** What a Unix time has room for. */
function isSigned64(text: string): boolean {
  return INTEGER.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

/** RFC 5234's WSP: space and tab alone. */
function withoutBlanks(text: string): string {
  return trimmed(text, /[ \t]/);
}
