/** A value of `issue` or `issuewild`: RFC 8659 section 4.2. */
export interface CaaIssueValue {
  /** The CA that may issue, in lower case, as domain names are compared (RFC 4343); empty where nobody may. */
  readonly issuer: string;
  /** Tags in lower case, in the record's order; those that this CA does not know mean nothing to it. */
  readonly parameters: readonly CaaParameter[];
}

export interface CaaParameter {
  readonly tag: string;
  readonly value: string;
}

const LABEL = '[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*';
const PRINTABLE = /^[\t\x20-\x7e]*$/;
const ISSUER = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*)?$`);
const TAG = new RegExp(`^${LABEL}$`);
const VALUE = /^[\x21-\x7e]*$/;

/**
 * Reads a value by the grammar of RFC 8659 section 4.2, or answers undefined where it breaks it: then it MUST be taken as
 * one that names no issuer. A semicolon stands between parameters and not behind the last, so one there breaks it too.
 */
export function parseCaaIssueValue(text: string): CaaIssueValue | undefined {
  if (!PRINTABLE.test(text)) return undefined;
  // What is left to trim is WSP, which is space and tab.
  const [issuer = '', ...rest] = text.split(';').map((part) => part.trim());
  if (!ISSUER.test(issuer)) return undefined;
  const withoutParameters = rest.length === 1 && rest[0] === '';
  const parameters = withoutParameters ? [] : rest.map(parseParameter);
  const read = parameters.filter((parameter) => parameter !== undefined);
  return read.length === parameters.length ? { issuer: issuer.toLowerCase(), parameters: read } : undefined;
}

function parseParameter(text: string): CaaParameter | undefined {
  const equals = text.indexOf('=');
  if (equals === -1) return undefined;
  const tag = text.slice(0, equals).trim();
  const value = text.slice(equals + 1).trim();
  return TAG.test(tag) && VALUE.test(value) ? { tag: tag.toLowerCase(), value } : undefined;
}

/** What people write out of habit, and the value without it. */
export interface CaaSlip {
  readonly reason: string;
  readonly meant: string;
  readonly issuer: string;
}

/** The one slip by which a value breaks the grammar; undefined where it is another, or more than one. */
export function slipIn(text: string): CaaSlip | undefined {
  for (const { pattern, reason } of SLIPS) {
    const meant = text.replace(pattern, '').trim();
    const issuer = meant === text.trim() ? '' : (parseCaaIssueValue(meant)?.issuer ?? '');
    if (issuer !== '') return { reason, meant, issuer };
  }
  return undefined;
}

const SLIPS = [
  { pattern: /;[ \t]*$/, reason: 'no parameter follows its last semicolon (RFC 8659 section 4.2)' },
  {
    pattern: /(?<=^[ \t]*)https?:\/\/|(?<=^[ \t]*https?:\/\/[A-Za-z0-9.-]+)\/(?=[ \t]*(?:;|$))/g,
    reason: 'it has a URL where the domain name of a CA stands alone (RFC 8659 section 4.2)',
  },
] as const;
