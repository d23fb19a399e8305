import { createHash } from 'node:crypto';
import type { CaaDecision } from '../../src/protocol/caa.ts';
import type { LookupOutcome } from '../../src/protocol/lookup.ts';
import type { DnsHandler, DnsReply } from '../support/dns-server.ts';
import { answerFrom, rawRecord } from '../support/dns-server.ts';
import { KEY_AUTHORIZATION } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import { HOST, V4 } from './failure-case.ts';
import { serves } from './services.ts';

const NAME = `www.${HOST}`;
const ACCOUNT_URL = 'https://ca.test/acme/account/acct_7';
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');
const PROVED = {
  identifier: { type: 'dns', value: NAME },
  accountUrl: ACCOUNT_URL,
} as const;
const PROOF = { [NAME]: { A: [V4] }, [`_acme-challenge.${NAME}`]: { TXT: [DIGEST] } };
const SERVED = { [`${V4} http`]: serves };

const PASSES = [
  `A ${NAME} answered`,
  `AAAA ${NAME} empty`,
  `plan ${V4}`,
  `dial ${V4}: connected`,
  'status 200',
  'compare: equal',
];
const FOUND_AT_NAME = [`CAA ${NAME} answered`, `CAA ${HOST} empty`, 'CAA test empty'];

/** The proof is there, and so is this CAA record; `says` is what the detail says of it. */
function forbids(
  what: string,
  decision: CaaDecision,
  records: readonly string[],
  says: string,
  more: Partial<FailureCase> = {},
): FailureCase {
  return {
    what,
    is: 'caa-forbids',
    code: 'caa',
    detail: `While processing CAA for ${NAME}: CAA record for ${NAME} prevents issuance: ${NAME}. CAA ${records[0]} ${says}`,
    steps: [...PASSES, ...FOUND_AT_NAME, `caa at ${NAME}: ${decision}`],
    zone: { ...PROOF, [HOST]: {}, test: {}, [NAME]: { A: [V4], CAA: records } },
    question: PROVED,
    servers: SERVED,
    ...more,
  };
}

const NOT_NAMED = '(no record there names this CA, touchstone.test).';
const ADD = `Add the record ${NAME}. CAA 0 issue "touchstone.test"; one that allows is enough.`;

const FORBIDS: readonly FailureCase[] = [
  forbids(
    'CAA at the name is for another CA',
    'not-authorized',
    ['0 issue "other.example"'],
    `${NOT_NAMED} ${ADD}`,
  ),
  forbids('CAA above the name is for another CA', 'not-authorized', [], '', {
    detail: `While processing CAA for ${NAME}: CAA record for ${HOST} prevents issuance: ${HOST}. CAA 0 issue "other.example" ${NOT_NAMED} Add the record ${HOST}. CAA 0 issue "touchstone.test"; one that allows is enough.`,
    steps: [
      ...PASSES,
      `CAA ${NAME} empty`,
      `CAA ${HOST} answered`,
      'CAA test empty',
      `caa at ${HOST}: not-authorized`,
    ],
    zone: { ...PROOF, [HOST]: { CAA: ['0 issue "other.example"'] }, test: {} },
  }),
  forbids('CAA lets nobody issue', 'not-authorized', ['0 issue ";"'], `${NOT_NAMED} ${ADD}`),
  forbids(
    'CAA lets nobody issue for the wildcard',
    'not-authorized',
    ['0 issue "touchstone.test"', '0 issuewild ";"'],
    '',
    {
      detail: `While processing CAA for *.${NAME}: CAA record for ${NAME} prevents issuance: ${NAME}. CAA 0 issuewild ";" ${NOT_NAMED} Add the record ${NAME}. CAA 0 issuewild "touchstone.test"; one that allows is enough.`,
      steps: [
        `TXT _acme-challenge.${NAME} answered`,
        'compare: equal',
        ...FOUND_AT_NAME,
        `caa at ${NAME}: not-authorized`,
      ],
      question: { ...PROVED, wildcard: true, challengeType: 'dns-01' },
    },
  ),
  forbids(
    'CAA has a critical tag that nobody knows',
    'unknown-critical',
    ['128 tbs "unknown"'],
    `(it is critical, and this CA does not know "tbs"). Take the record away, or its critical flag: ${NAME}. CAA 0 tbs "unknown".`,
  ),
  forbids(
    'CAA is for another account',
    'wrong-account',
    ['0 issue "touchstone.test; accounturi=https://ca.test/acme/account/acct_8"'],
    `(it names another account than ${ACCOUNT_URL}). Add the record ${NAME}. CAA 0 issue "touchstone.test; accounturi=${ACCOUNT_URL}", or use the account that is named.`,
  ),
  forbids(
    'CAA is for another method',
    'wrong-method',
    ['0 issue "touchstone.test; validationmethods=dns-01"'],
    `(it does not list http-01). Make it ${NAME}. CAA 0 issue "touchstone.test; validationmethods=dns-01,http-01", or prove control by a method that it lists.`,
  ),
  forbids(
    'CAA is for this account at another host',
    'wrong-account',
    ['0 issue "touchstone.test; accounturi=https://127.0.0.1/acme/account/acct_7"'],
    `(it names this account at another host than ${ACCOUNT_URL}). Add the record ${NAME}. CAA 0 issue "touchstone.test; accounturi=${ACCOUNT_URL}", or order over https://127.0.0.1, or set acme.externalUrl, which gives an account one URL whatever host it comes by.`,
  ),
  forbids(
    'CAA has a semicolon too many',
    'malformed-record',
    ['0 issue "touchstone.test; validationmethods=http-01;"'],
    `(no parameter follows its last semicolon (RFC 8659 section 4.2)). Make it ${NAME}. CAA 0 issue "touchstone.test; validationmethods=http-01".`,
  ),
  forbids(
    'CAA has the URL of this CA',
    'malformed-record',
    ['0 issue "https://touchstone.test/; validationmethods=http-01"'],
    `(it has a URL where the domain name of a CA stands alone (RFC 8659 section 4.2)). Make it ${NAME}. CAA 0 issue "touchstone.test; validationmethods=http-01".`,
  ),
  forbids('CAA of what the name is an alias of is for another CA', 'not-authorized', [], '', {
    detail: `While processing CAA for ${NAME}: CAA record for host.example prevents issuance: host.example. CAA 0 issue "other.example" (${NAME} is an alias of host.example, and no record there names this CA, touchstone.test). Add the record host.example. CAA 0 issue "touchstone.test"; one that allows is enough. If that record is not yours to change, let ${NAME} be no alias (CNAME).`,
    steps: [
      ...PASSES,
      `CAA ${NAME} answered`,
      `CAA ${HOST} empty`,
      'CAA test empty',
      'caa at host.example: not-authorized',
    ],
    zone: {
      [HOST]: {},
      test: {},
      [NAME]: { CNAME: ['host.example'] },
      'host.example': { A: [V4], CAA: ['0 issue "other.example"'] },
    },
  }),
  forbids(
    'CAA has a value that cannot be read',
    'malformed-record',
    ['0 issue "touchstone.test; accounturi"'],
    `(it is not written as RFC 8659 section 4.2 asks). Put in its place, or beside it, the record ${NAME}. CAA 0 issue "touchstone.test".`,
  ),
];

/** The proof is there, and CAA of the name is answered otherwise. */
function butCaa(reply: DnsReply): DnsHandler {
  return (query) => (query.type === 'CAA' && query.name === NAME ? reply : answerFrom(PROOF)(query));
}

/** The look-up of CAA ends like this; `says` is what the detail says of it. */
function fails(
  what: string,
  outcome: LookupOutcome,
  reply: DnsReply,
  says: string,
  more: Partial<FailureCase> = {},
): FailureCase {
  return {
    what,
    is: 'caa-lookup',
    code: 'dns',
    detail: `While processing CAA for ${NAME}: DNS problem: ${says}; or set caa.enabled=false for a lab whose DNS cannot answer.`,
    steps: [...PASSES, `CAA ${NAME} ${outcome}`, `CAA ${HOST} nxdomain`, 'CAA test nxdomain'],
    dns: butCaa(reply),
    question: PROVED,
    servers: SERVED,
    ...more,
  };
}

const ASKED = `looking up CAA for ${NAME} at 127.0.0.1:53`;
const NEEDED = 'An answer about CAA is needed, if only that there is no record: check';
const CHECK_ZONE = `${NEEDED} the name servers of ${NAME}, the delegation to them, and DNSSEC`;

const LOOKUP: readonly FailureCase[] = [
  fails(
    'the look-up of CAA fails',
    'servfail',
    { rcode: 2 },
    `SERVFAIL ${ASKED} - the domain's nameservers may be malfunctioning. ${CHECK_ZONE}`,
  ),
  fails(
    'nobody answers about CAA',
    'timeout',
    { delay: 'never' },
    `query timed out ${ASKED}. ${NEEDED} that the DNS servers of this CA can be reached (dns.servers), and the name servers of ${NAME}`,
    { dnsTimeoutMs: 300 },
  ),
  fails(
    'the DNS server refuses to answer about CAA',
    'refused',
    { rcode: 5 },
    `REFUSED ${ASKED}. ${CHECK_ZONE}`,
  ),
  fails(
    'the CAA record is cut off',
    'malformed-answer',
    { answers: [rawRecord(NAME, 257, Buffer.from([0, 9, 0x69]))] },
    `malformed answer ${ASKED}: the answer is damaged: a CAA record ends inside its tag. ${CHECK_ZONE}`,
  ),
];

export const CAA_CASES: readonly FailureCase[] = [...FORBIDS, ...LOOKUP];
