import { createHash } from 'node:crypto';
import type { ValidationQuestion } from '../../src/protocol/validation-question.ts';
import { KEY_AUTHORIZATION, TOKEN } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import { HOST, V4 } from './failure-case.ts';

const NAME = `_acme-challenge.${HOST}`;
const PERSIST = `_validation-persist.${HOST}`;
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');
const ACCOUNT_URL = 'https://ca.test/acme/account/acct_7';
const ACCOUNT_NAME = `_oliat2yp4c364g2n.${NAME}`;
const BY_DNS = { challengeType: 'dns-01' } as const;
const BY_ACCOUNT = { challengeType: 'dns-account-01', accountUrl: ACCOUNT_URL } as const;
const BY_PERSIST = { challengeType: 'dns-persist-01', accountUrl: ACCOUNT_URL } as const;

const NO_ANSWER: readonly FailureCase[] = [
  {
    what: 'there is no such name as the TXT record of dns-01 has',
    is: 'nxdomain',
    code: 'dns',
    detail:
      'DNS problem: NXDOMAIN looking up TXT for _acme-challenge.dual.test at 127.0.0.1:53 - check that a DNS record exists for this domain. Add the TXT record where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    steps: ['TXT _acme-challenge.dual.test nxdomain'],
    question: BY_DNS,
  },
  {
    what: 'the look-up of the TXT record of dns-01 fails',
    is: 'servfail',
    code: 'dns',
    detail:
      "DNS problem: SERVFAIL looking up TXT for _acme-challenge.dual.test at 127.0.0.1:53 - the domain's nameservers may be malfunctioning. Check the name servers of the domain, the delegation to them, and DNSSEC: the DNS server of this CA gets no usable answer.",
    steps: ['TXT _acme-challenge.dual.test servfail'],
    question: BY_DNS,
    dns: () => ({ rcode: 2 }),
  },
  {
    what: 'nobody answers about the TXT record of dns-01',
    is: 'dns-timeout',
    code: 'dns',
    detail:
      'DNS problem: query timed out looking up TXT for _acme-challenge.dual.test at 127.0.0.1:53. Check that the DNS servers of this CA can be reached (dns.servers).',
    steps: ['TXT _acme-challenge.dual.test timeout'],
    question: BY_DNS,
    dns: () => ({ delay: 'never' }),
    dnsTimeoutMs: 40,
  },
  {
    what: 'there is no such name as dns-persist-01 wants its record at',
    is: 'nxdomain',
    code: 'dns',
    detail:
      'DNS problem: NXDOMAIN looking up TXT for _validation-persist.dual.test at 127.0.0.1:53 - check that a DNS record exists for this domain. Add the TXT record "touchstone.test; accounturi=https://ca.test/acme/account/acct_7" where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    steps: ['TXT _validation-persist.dual.test nxdomain'],
    question: BY_PERSIST,
  },
];

const NO_TXT: readonly FailureCase[] = [
  {
    what: 'the name is there, without a TXT record',
    is: 'no-txt',
    code: 'unauthorized',
    detail:
      'No TXT record found at _acme-challenge.dual.test. Add the TXT record where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    steps: ['TXT _acme-challenge.dual.test empty'],
    zone: { [NAME]: { A: [V4] } },
    question: BY_DNS,
  },
  {
    what: 'the name is an alias of one without a TXT record',
    is: 'no-txt',
    code: 'unauthorized',
    detail:
      'No TXT record found at _acme-challenge.dual.test, an alias of proof.test. Add the TXT record at proof.test where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    steps: ['TXT _acme-challenge.dual.test empty'],
    zone: { [NAME]: { CNAME: ['proof.test'] }, 'proof.test': {} },
    question: BY_DNS,
  },
  {
    what: 'dns.hosts answers for the name',
    is: 'no-txt',
    code: 'unauthorized',
    detail:
      'No TXT record found at _acme-challenge.dual.test. Use http-01, or take the name out of dns.hosts (--host), which has addresses only: no DNS server is asked about it.',
    steps: ['TXT _acme-challenge.dual.test empty'],
    hosts: { [`*.${HOST}`]: [V4] },
    question: BY_DNS,
  },
  {
    what: "the name with the account's label has no TXT record",
    is: 'no-txt',
    code: 'unauthorized',
    detail:
      'No TXT record found at _oliat2yp4c364g2n._acme-challenge.dual.test (account: https://ca.test/acme/account/acct_7). Add the TXT record where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    steps: ['TXT _oliat2yp4c364g2n._acme-challenge.dual.test empty'],
    zone: { [NAME]: { TXT: [DIGEST] }, [ACCOUNT_NAME]: {} },
    question: BY_ACCOUNT,
  },
  {
    what: 'the name of dns-persist-01 has no TXT record',
    is: 'no-txt',
    code: 'unauthorized',
    detail:
      'No TXT record found at _validation-persist.dual.test. Add the TXT record "touchstone.test; accounturi=https://ca.test/acme/account/acct_7" where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    steps: ['TXT _validation-persist.dual.test empty'],
    zone: { [PERSIST]: {} },
    question: BY_PERSIST,
  },
];

/** The TXT records are these; `says` is the detail. */
function holds(
  what: string,
  values: readonly string[],
  says: string,
  question: Partial<ValidationQuestion> = BY_DNS,
): FailureCase {
  const name = question.challengeType === 'dns-account-01' ? ACCOUNT_NAME : NAME;
  return {
    what,
    is: 'wrong-txt',
    code: 'unauthorized',
    detail: says,
    steps: [`TXT ${name} answered`, 'compare: different'],
    zone: { [name]: { TXT: values } },
    question,
  };
}

/** What the detail says of one value, and what to change. */
function incorrect(value: string, hint: string): string {
  return `Incorrect TXT record ${value} found at ${NAME}. Expected "${DIGEST}". ${hint}`;
}

const ADD = 'Add a TXT record with the expected value, and wait until all name servers of the zone have it.';
const NOT_ITSELF = 'Put the SHA-256 digest of the key authorization there (the expected value), not the';
const OTHER_DIGEST =
  "That is the digest of another challenge or of another account's key. Add the expected value, and wait until all name servers of the zone have it.";

const WRONG: readonly FailureCase[] = [
  holds(
    "the TXT record is another challenge's",
    ['gfj9Xq5Rg85nM1ttBfVY5MWiOTIEd9tVvW4fcrpYRKo'],
    incorrect('"gfj9Xq5Rg85nM1ttBfVY5MWiOTIEd9tVvW4fcrpYRKo"', OTHER_DIGEST),
  ),
  holds(
    'there are TXT records for other ends',
    ['v=spf1 -all', 'google-site-verification=1'],
    incorrect('"v=spf1 -all" (and 1 more)', ADD),
  ),
  holds(
    'the TXT record is the key authorization itself',
    [KEY_AUTHORIZATION],
    incorrect(`"${KEY_AUTHORIZATION}"`, `${NOT_ITSELF} key authorization itself: RFC 8555 section 8.4.`),
  ),
  holds(
    'the TXT record is the token',
    [TOKEN],
    incorrect(`"${TOKEN}"`, `${NOT_ITSELF} token: RFC 8555 section 8.4.`),
  ),
  holds(
    'the TXT record has quotation marks in its value',
    [`"${DIGEST}"`],
    incorrect(
      `'"${DIGEST}"'`,
      'Take the quotation marks out of the value: they belong to zone files, not to the record.',
    ),
  ),
  holds(
    'the TXT record is padded',
    [`${DIGEST}=`],
    incorrect(
      `"${DIGEST}="`,
      'Write the digest in base64url (RFC 4648 section 5): - and _ in place of + and /, and no = at the end.',
    ),
  ),
  holds(
    'the TXT record is in hexadecimal',
    [Buffer.from(DIGEST, 'base64url').toString('hex')],
    incorrect(
      '"94233b719c905dc5472b69e75b78e3021353dc5be6d7c50dfa45996649caa183"',
      'Write the digest in base64url (RFC 4648 section 5), not in hexadecimal.',
    ),
  ),
  holds(
    'the TXT record has lost its end',
    [DIGEST.slice(0, 40)],
    incorrect(
      `"${DIGEST.slice(0, 40)}"`,
      'Put the whole expected value there: it is right, but ends after 40 of 43 characters.',
    ),
  ),
  holds(
    'the TXT record is in lower case',
    [DIGEST.toLowerCase()],
    incorrect(
      `"${DIGEST.toLowerCase()}"`,
      'Keep capital and small letters as they are: base64url tells them apart.',
    ),
  ),
  holds('the TXT record has bytes for a terminal', ['\u001b[2Jhello'], incorrect('"\\x1b[2Jhello"', ADD)),
  holds(
    "the TXT record at the account's label is another challenge's",
    ['gfj9Xq5Rg85nM1ttBfVY5MWiOTIEd9tVvW4fcrpYRKo'],
    `Incorrect TXT record "gfj9Xq5Rg85nM1ttBfVY5MWiOTIEd9tVvW4fcrpYRKo" found at ${ACCOUNT_NAME} (account: ${ACCOUNT_URL}). Expected "${DIGEST}". ${OTHER_DIGEST}`,
    BY_ACCOUNT,
  ),
];

/** The record of dns-persist-01 is this; `says` is what the detail says of it. */
function gives(what: string, value: string, says: string, more: Partial<FailureCase> = {}): FailureCase {
  return {
    what,
    is: 'persist-record',
    code: 'unauthorized',
    detail: `No valid TXT record found at ${PERSIST}: ${says} Put the TXT record "touchstone.test; accounturi=${ACCOUNT_URL}" at ${PERSIST}.`,
    steps: [`TXT ${PERSIST} answered`, 'compare: different'],
    zone: { [PERSIST]: { TXT: [value] } },
    question: BY_PERSIST,
    ...more,
  };
}

const PERSIST_RECORDS: readonly FailureCase[] = [
  gives(
    'the persistent record is for another CA',
    `other.test; accounturi=${ACCOUNT_URL}`,
    'none names this CA, but "other.test".',
  ),
  gives(
    'the persistent record is for another account',
    'touchstone.test; accounturi=https://ca.test/acme/account/acct_8',
    `it is for the account "https://ca.test/acme/account/acct_8", and "${ACCOUNT_URL}" asks.`,
  ),
  gives(
    'the persistent record names no account',
    'touchstone.test',
    'the syntax of the record that names this CA is broken: it does not say for which account it is (accounturi).',
    { code: 'malformed' },
  ),
  gives(
    'the persistent record has come to its end',
    `touchstone.test; accounturi=${ACCOUNT_URL}; persistUntil=1000000000`,
    'it was good until 2001-09-09T01:46:40Z (persistUntil=1000000000), and now is NOW.',
  ),
  gives('the persistent record is not for the wildcard', `touchstone.test; accounturi=${ACCOUNT_URL}`, '', {
    detail: `No valid TXT record found at ${PERSIST}: it has no policy=wildcard, which a wildcard needs. Put the TXT record "touchstone.test; accounturi=${ACCOUNT_URL}; policy=wildcard" at ${PERSIST}.`,
    question: { ...BY_PERSIST, wildcard: true },
  }),
];

export const TXT_CASES: readonly FailureCase[] = [...NO_ANSWER, ...NO_TXT, ...WRONG, ...PERSIST_RECORDS];
