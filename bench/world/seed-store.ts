import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { ValidationRecord, ValidationStep } from '../../src/protocol/validation-record.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import type { OrderWithAuthorizations, Store } from '../../src/store/store.ts';
import { BENCH_DOMAIN } from './bench-world.ts';

const DAY_MS = 86_400_000;
const ORDERS_AN_ACCOUNT = 1_000;
/** Orders that share their commits. */
const BATCH = 500;

/** What becomes of ten orders in a row: most are issued, one of those is revoked, and the others stay on their way or fail. */
const FATES = [
  'issued',
  'issued',
  'revoked',
  'issued',
  'issued',
  'issued',
  'issued',
  'ready',
  'pending',
  'invalid',
] as const;

/**
 * Fills the store of a data folder, which no server may have open, with that many orders of one name each, through the
 * store's own operations: of ten, seven have a certificate (one of them revoked), one is ready, one pending, one invalid.
 * None has expired, so that no sweep removes one.
 */
export async function seedStore(dataFolder: string, orders: number): Promise<void> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const store = await openSqliteStore({
    file: join(dataFolder, 'touchstone.db'),
    // As seen from where scripts/bench.mjs puts the bench.
    migrationsFolder: fileURLToPath(new URL('../../migrations/sqlite', import.meta.url)),
  });
  try {
    let account = await seedAccount(store);
    for (let first = 0; first < orders; first += BATCH) {
      if (first % ORDERS_AN_ACCOUNT === 0 && first > 0) account = await seedAccount(store);
      const count = Math.min(BATCH, orders - first);
      const owner = account;
      await Promise.all(Array.from({ length: count }, (_, index) => seedOrder(store, owner, first + index)));
    }
  } finally {
    await store.close();
  }
}

async function seedAccount(store: Store): Promise<AccountId> {
  const [x, y] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
  const thumbprint = createHash('sha256').update(x).digest('base64url');
  const made = await store.createAccount(
    { key: { kty: 'EC', crv: 'P-256', x, y }, thumbprint, contacts: [], termsOfServiceAgreed: true },
    Date.now(),
  );
  return made.account.id;
}

async function seedOrder(store: Store, accountId: AccountId, index: number): Promise<void> {
  const now = Date.now();
  const expiresAt = now + 7 * DAY_MS;
  const identifier = { type: 'dns', value: `seed${index}.${BENCH_DOMAIN}` } as const;
  const token = randomBytes(32).toString('base64url');
  const challenges = (['http-01', 'dns-01'] as const).map((type) => ({ type, token }));
  const made = await store.createOrder(
    {
      accountId,
      identifiers: [identifier],
      expiresAt,
      authorizations: [{ identifier, wildcard: false, expiresAt, challenges }],
    },
    now,
  );
  const fate = FATES[index % FATES.length];
  if (made === undefined) throw new Error('unreachable: the account is valid');
  if (fate === 'pending') return;
  await seedValidation(store, made, fate !== 'invalid', now);
  if (fate === 'issued' || fate === 'revoked') await seedCertificate(store, made, fate === 'revoked', now);
}

async function seedValidation(
  store: Store,
  { authorizations }: OrderWithAuthorizations,
  passed: boolean,
  now: number,
): Promise<void> {
  const challenge = authorizations[0]?.challenges[0];
  if (challenge === undefined) throw new Error('unreachable: the authorization has challenges');
  await store.claimChallenge(challenge.id, now);
  await store.recordValidation(
    {
      challengeId: challenge.id,
      passed,
      validatedAt: now,
      record: recordOf(authorizations[0]?.identifier.value ?? '', challenge.token, passed, now),
      authorizationExpiresAt: now + 30 * DAY_MS,
      ...(passed ? {} : { problem: { code: 'connection', detail: 'Connection refused' } }),
    },
    now,
  );
}

const LOOKUP = {
  step: 'lookup',
  source: { kind: 'server', server: '127.0.0.1:53' },
  rcode: 'NOERROR',
  cnames: [],
  tries: 1,
  durationMs: 1.25,
} as const;

/** RFC 8659: the name and all above it are asked about, and there is nothing. */
function caaSteps(hostname: string): readonly ValidationStep[] {
  const names = hostname.split('.').map((_label, index, labels) => labels.slice(index).join('.'));
  const none = { type: 'CAA', outcome: 'empty', values: [] } as const;
  return [
    ...names.map((name) => ({ ...LOOKUP, name, ...none })),
    { step: 'caa', name: hostname, wildcard: false, records: [], decision: 'no-records' },
  ];
}

/** As large as the record of a real validation. */
function recordOf(hostname: string, token: string, passed: boolean, startedAt: number): ValidationRecord {
  const url = `http://${hostname}:5002/.well-known/acme-challenge/${token}`;
  const address = '127.0.0.1';
  const [first, port] = [{ address, family: 'ipv4' }, 5002] as const;
  const lookup = { ...LOOKUP, name: hostname };
  const response = { status: 200, headers: { 'content-length': '87' }, bodyBytes: 87, durationMs: 2.5 };
  return {
    identifier: { type: 'dns', value: hostname },
    challengeType: 'http-01',
    addressPolicy: 'documented',
    startedAt,
    durationMs: 5.125,
    steps: [
      { ...lookup, type: 'A', outcome: 'answered', values: [address], ttlSeconds: 60 },
      { ...lookup, type: 'AAAA', outcome: 'empty', values: [] },
      { step: 'plan', url, hostname, port, addressesResolved: [address], filtered: [], first, rules: [] },
      {
        step: 'attempt',
        url,
        hostname,
        ...first,
        port,
        outcome: passed ? 'connected' : 'refused',
        durationMs: 0.5,
      },
      ...(passed
        ? [
            { step: 'response', url, address, hostHeader: `${hostname}:5002`, ...response } as const,
            ...caaSteps(hostname),
          ]
        : []),
    ],
  };
}

async function seedCertificate(
  store: Store,
  { order }: OrderWithAuthorizations,
  revoked: boolean,
  now: number,
): Promise<void> {
  const der = randomBytes(700);
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const certificate = await store.recordIssuance(
    {
      orderId: order.id,
      accountId: order.accountId,
      identifiers: order.identifiers,
      der,
      chainPem: pem + pem,
      serial: randomBytes(18).toString('hex'),
      notBefore: now,
      notAfter: now + 90 * DAY_MS,
    },
    now,
  );
  if (certificate === undefined) throw new Error('unreachable: the order is ready');
  if (revoked) await store.revokeCertificate(certificate.id, 1, now);
}
