import { createHash } from 'node:crypto';
import type { ZoneTable } from '../support/dns-server.ts';
import { KEY_AUTHORIZATION } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import { ASKED, CONNECTS_V4, HOST, ONLY_V4, OTHER_V4, V4 } from './failure-case.ts';
import { answers, serves } from './services.ts';

const NAME = `_acme-challenge.${HOST}`;
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');
const SERVED = { [`${V4} http`]: serves, [`${OTHER_V4} http`]: answers(404) };
/** Another server is at the name, as after a hijack. */
const HIJACKED: ZoneTable = { [HOST]: { A: [OTHER_V4] } };
const GONE: ZoneTable = {};
const TXT: ZoneTable = { [NAME]: { TXT: [DIGEST] } };

export const PERSPECTIVE_CASES: readonly FailureCase[] = [
  {
    what: 'the only remote perspective sees another server',
    is: 'perspectives-disagree',
    code: 'unauthorized',
    detail: `During secondary validation: 1 of 1 remote perspective (remote-1) did not corroborate, and none may. From remote-1: 127.0.0.2: Invalid response from ${ASKED}: 404. remote-1 was led to 127.0.0.2, the primary to 127.0.0.1. If 127.0.0.2 is not yours, correct the DNS or route that remote-1 sees; else make it answer alike.`,
    steps: [
      ...CONNECTS_V4,
      'status 200',
      'compare: equal',
      'CAA dual.test empty',
      'CAA test nxdomain',
      'caa at no name: no-records',
    ],
    servers: SERVED,
    remotes: [HIJACKED],
  },
  {
    what: 'two of three remote perspectives see another server, and one may',
    is: 'perspectives-disagree',
    code: 'unauthorized',
    detail: `During secondary validation: 2 of 3 remote perspectives (remote-2, remote-3) did not corroborate, and at most 1 may. From remote-2: 127.0.0.2: Invalid response from ${ASKED}: 404. remote-2 was led to 127.0.0.2, the primary to 127.0.0.1. If 127.0.0.2 is not yours, correct the DNS or route that remote-2 sees; else make it answer alike.`,
    steps: [
      ...CONNECTS_V4,
      'status 200',
      'compare: equal',
      'CAA dual.test empty',
      'CAA test nxdomain',
      'caa at no name: no-records',
    ],
    servers: SERVED,
    remotes: [ONLY_V4, HIJACKED, HIJACKED],
  },
  {
    what: 'three of six remote perspectives find no such name, and two may',
    is: 'perspectives-disagree',
    code: 'dns',
    detail:
      'During secondary validation: 3 of 6 remote perspectives (remote-2, remote-4, remote-6) did not corroborate, and at most 2 may. From remote-2: DNS problem: NXDOMAIN looking up A for dual.test at 127.0.0.1:53 - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for dual.test at 127.0.0.1:53. Make all the world see the same. Add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: [
      ...CONNECTS_V4,
      'status 200',
      'compare: equal',
      'CAA dual.test empty',
      'CAA test nxdomain',
      'caa at no name: no-records',
    ],
    servers: SERVED,
    remotes: [ONLY_V4, GONE, ONLY_V4, GONE, ONLY_V4, GONE],
  },
  {
    what: 'the remote perspectives see an older TXT record',
    is: 'perspectives-disagree',
    code: 'unauthorized',
    detail:
      'During secondary validation: 2 of 2 remote perspectives (remote-1, remote-2) did not corroborate, and at most 1 may. From remote-1: Incorrect TXT record "older" found at _acme-challenge.dual.test. Expected "lCM7cZyQXcVHK2nnW3jjAhNT3Fvm18UN-kWZZknKoYM". Make all the world see the same. Add a TXT record with the expected value, and wait until all name servers of the zone have it.',
    steps: [
      'TXT _acme-challenge.dual.test answered',
      'compare: equal',
      'CAA dual.test nxdomain',
      'CAA test nxdomain',
      'caa at no name: no-records',
    ],
    zone: TXT,
    question: { challengeType: 'dns-01' },
    remotes: [{ [NAME]: { TXT: ['older'] } }, { [NAME]: {} }],
  },
  {
    what: 'the only remote perspective sees CAA that forbids',
    is: 'perspectives-disagree',
    code: 'caa',
    detail:
      'During secondary validation: 1 of 1 remote perspective (remote-1) did not corroborate, and none may. From remote-1: While processing CAA for dual.test: CAA record for dual.test prevents issuance: dual.test. CAA 0 issue "other.example" (no record there names this CA, touchstone.test). Make all the world see the same. Add the record dual.test. CAA 0 issue "touchstone.test"; one that allows is enough.',
    steps: [
      ...CONNECTS_V4,
      'status 200',
      'compare: equal',
      'CAA dual.test empty',
      'CAA test nxdomain',
      'caa at no name: no-records',
    ],
    servers: SERVED,
    remotes: [{ [HOST]: { A: [V4], CAA: ['0 issue "other.example"'] } }],
  },
];
