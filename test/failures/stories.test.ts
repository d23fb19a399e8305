import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { renderExplained } from '../../src/cli/explain-text.ts';
import type { Challenge } from '../../src/protocol/challenge.ts';
import type { FailureClass } from '../../src/protocol/failure-class.ts';
import type { IdPrefix } from '../../src/protocol/ids.ts';
import { parseId } from '../../src/protocol/ids.ts';
import type { ZoneTable } from '../support/dns-server.ts';
import { hasIpv6Loopback, KEY_AUTHORIZATION } from '../support/validation-lab.ts';
import { BOTH, HOST, ONLY_V4, OTHER_V4, V4, V6 } from './failure-case.ts';
import { answers, blackHole, redirects, serves, web } from './services.ts';
import type { Played, World } from './stage.ts';
import { play } from './stage.ts';

const LINES = 25;
const COLUMNS = 100;

/** What `touchstone explain` prints of an order whose one challenge was validated like this, colours left away. */
function explained({ record }: Played): readonly string[] {
  const failed = record.failure !== undefined;
  const status = failed ? 'invalid' : 'valid';
  const challenge: Challenge = {
    id: idOf('chal'),
    authorizationId: idOf('authz'),
    type: record.challengeType,
    status,
    token: 'token',
    record,
  };
  const common = { accountId: idOf('acct'), expiresAt: Number.MAX_SAFE_INTEGER };
  const authorization = {
    ...common,
    id: idOf('authz'),
    identifier: record.identifier,
    wildcard: false,
    storedStatus: status,
    challenges: [challenge],
  } as const;
  const order = {
    ...common,
    id: idOf('order'),
    identifiers: [record.identifier],
    authorizationIds: [authorization.id],
    createdAt: 0,
  };
  const authorizations = [authorization];
  const silent = { out: () => undefined, err: () => undefined, color: false, columns: COLUMNS };
  const text = renderExplained(
    { order: { order, authorizations }, authorizations },
    record.startedAt,
    silent,
  );
  return text.trimEnd().split('\n');
}

function idOf<Prefix extends IdPrefix>(prefix: Prefix) {
  const id = parseId(prefix, `${prefix}_1`);
  if (id === undefined) throw new Error('unreachable: a well-formed id');
  return id;
}

interface Told {
  readonly world: World;
  /** The class of the failure; absent where the validation passes. */
  readonly is?: FailureClass;
  /** What a reader has to find: the cause where it shows, and what to change. */
  readonly says: readonly string[];
}

const HIJACKED: ZoneTable = { [HOST]: { A: [OTHER_V4] } };
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');
const OLDER = 'gfj9Xq5Rg85nM1ttBfVY5MWiOTIEd9tVvW4fcrpYRKo';
const TXT_NAME = `_acme-challenge.${HOST}`;

const STORIES: Readonly<Record<string, Told>> = {
  'the wrong server over IPv6': {
    world: {
      zone: BOTH,
      servers: { [`${V6} http`]: answers(404, 'no such page'), [`${V4} http`]: serves },
    },
    is: 'status-404',
    says: ['status 404 from ::1', 'Make the web server at ::1 answer', 'remove the AAAA record'],
  },
  'IPv6 is dead, and IPv4 redirects to https': {
    world: {
      zone: BOTH,
      servers: {
        [`${V6} http`]: blackHole,
        [`${V6} https`]: blackHole,
        [`${V4} http`]: redirects(`https://${HOST}/x`),
      },
      settings: { connectTimeoutMs: 250 },
    },
    is: 'redirect-ipv6-timeout',
    says: ['is made once more', 'redirect 1, to https://', 'redirect-no-retry', 'or remove the AAAA record'],
  },
  'CAA forbids': {
    world: {
      zone: { ...ONLY_V4, [HOST]: { A: [V4], CAA: ['0 issue "other.example"'] }, test: {} },
      servers: { [`${V4} http`]: serves },
    },
    is: 'caa-forbids',
    says: ['0 issue "other.example"', `Add the record ${HOST}. CAA 0 issue "touchstone.test"`],
  },
  'the wrong TXT record': {
    world: { zone: { [TXT_NAME]: { TXT: [OLDER] } }, question: { challengeType: 'dns-01' } },
    is: 'wrong-txt',
    says: [
      `want "${DIGEST}"`,
      `got  "${OLDER}"`,
      'the digest of another challenge',
      'Add the expected value',
    ],
  },
  'perspectives disagree': {
    world: {
      servers: { [`${V4} http`]: serves, [`${OTHER_V4} http`]: answers(404) },
      remotes: [ONLY_V4, HIJACKED, HIJACKED],
    },
    is: 'perspectives-disagree',
    says: ['1 of 3 remote perspectives corroborated', 'at most 1 may', 'remote-2', `A of ${HOST}`, OTHER_V4],
  },
  'a chain of too many redirects': {
    world: {
      zone: BOTH,
      servers: {
        [`${V6} http`]: web((request, response) => {
          const hop = Number(/\d+$/.exec(request.url ?? '')?.[0] ?? 0);
          response.writeHead(302, { location: `/hop-${hop + 1}` }).end();
        }),
      },
    },
    is: 'too-many-redirects',
    says: [
      `redirect 1, to http://${HOST}:`,
      'Followed redirects 2 to 10 in the same way, at ::1.',
      '/hop-10. Looked up dual.test again: as before',
      'redirect 11, to /hop-11, is not followed',
    ],
  },
  'two hosts that redirect to each other': {
    world: {
      zone: { ...BOTH, 'other.test': { A: [V4], AAAA: [V6] } },
      servers: {
        [`${V6} http`]: web((request, response) => {
          const there = request.headers.host?.startsWith('other') ? HOST : 'other.test';
          response.writeHead(301, { location: `http://${there}${request.url}` }).end();
        }),
      },
    },
    is: 'redirect-loop',
    says: ['redirect 1, to http://other.test', 'redirect 2, to http://dual.test', 'is not followed'],
  },
  'a name that does not exist': {
    world: { zone: {} },
    is: 'nxdomain',
    says: [`Looked up A of ${HOST} at 127.0.0.1:`, ': NXDOMAIN (', 'Add an A or AAAA record'],
  },
  'a DNS server that does not answer': {
    world: { dns: () => ({ delay: 'never' }), dnsTimeoutMs: 40 },
    is: 'dns-timeout',
    says: ['query timed out (3 tries; ', 'no answer within 40 ms).'],
  },
  'a success': {
    world: { zone: BOTH, servers: { [`${V6} http`]: serves } },
    says: ['it matches', 'any CA may issue', 'Passed in'],
  },
};

const ipv6 = await hasIpv6Loopback();

test.skipIf(!ipv6).each(Object.entries(STORIES))(
  'touchstone explain tells %s in 25 lines of 100 columns, with what to change',
  async (_, { world, is, says }) => {
    const played = await play(world);
    expect(played.failureClass).toBe(is);
    const lines = explained(played);
    expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(LINES);
    expect(lines.filter((line) => line.length > COLUMNS)).toEqual([]);
    const text = lines.map((line) => line.trim()).join(' ');
    for (const words of says) expect(text).toContain(words);
    if (is !== undefined) expect(text.endsWith(`docs/diagnosis.md#${is}`)).toBe(true);
  },
);
