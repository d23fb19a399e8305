import { expect, test } from 'vitest';
import { authorizationStatus } from '../../src/protocol/authorization.ts';
import { refusalOf } from './refusal.ts';
import { createWorld, DAY, dns, newTestAccount, START } from './world.ts';

test('makes a pending order with an authorization for each identifier, in the order asked for', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const identifiers = [...dns('B.example.org', '*.example.com'), { type: 'ip', value: '192.0.2.1' }];
  const made = await world.registration.newOrder(account, { identifiers });
  expect(made.status).toBe('pending');
  expect(made.order).toMatchObject({
    accountId: account.id,
    identifiers: [...dns('b.example.org', '*.example.com'), { type: 'ip', value: '192.0.2.1' }],
    createdAt: START,
    expiresAt: START + 7 * DAY,
  });
  expect(await world.registration.order(account, made.order.id)).toEqual(made);
  const authorizations = await Promise.all(
    made.order.authorizationIds.map((id) => world.registration.authorization(account, id)),
  );
  expect(
    authorizations.map(({ identifier, wildcard, storedStatus, expiresAt, challenges }) => ({
      name: identifier.value,
      wildcard,
      storedStatus,
      expiresAt,
      challenges: challenges.map(({ type, status }) => `${type} ${status}`),
    })),
  ).toEqual([
    {
      name: 'b.example.org',
      wildcard: false,
      storedStatus: 'pending',
      expiresAt: START + 7 * DAY,
      challenges: ['http-01 pending', 'dns-01 pending', 'tls-alpn-01 pending'],
    },
    {
      name: 'example.com',
      wildcard: true,
      storedStatus: 'pending',
      expiresAt: START + 7 * DAY,
      challenges: ['dns-01 pending'],
    },
    {
      name: '192.0.2.1',
      wildcard: false,
      storedStatus: 'pending',
      expiresAt: START + 7 * DAY,
      challenges: ['http-01 pending', 'tls-alpn-01 pending'],
    },
  ]);
});

test('gives each authorization a random token of 256 bits, which its challenges share', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const tokens = new Set<string>();
  for (let made = 0; made < 5; made += 1) {
    const { order } = await world.registration.newOrder(account, { identifiers: dns('a.test', 'b.test') });
    for (const id of order.authorizationIds) {
      const { challenges } = await world.registration.authorization(account, id);
      const own = new Set(challenges.map(({ token }) => token));
      expect(own.size).toBe(1);
      for (const token of own) tokens.add(token);
    }
  }
  expect(tokens.size).toBe(10);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test('refuses all bad identifiers at once, each in a subproblem, and makes no order', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const identifiers = [
    { type: 'dns', value: 'good.example.com' },
    { type: 'dns', value: 'under_score.example.com' },
    { type: 'email', value: 'me@example.com' },
    { type: 'ip', value: '999.0.0.1' },
  ];
  const refused = await refusalOf(world.registration.newOrder(account, { identifiers }));
  expect(refused.status).toBe(400);
  expect(refused.error.subproblems.map(({ identifier }) => identifier.value)).toEqual([
    'under_score.example.com',
    'me@example.com',
    '999.0.0.1',
  ]);
  expect(await world.store.findOrdersByIdentifier('good.example.com', 10)).toEqual([]);
});

test('refuses an empty list of identifiers', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const refused = await refusalOf(world.registration.newOrder(account, { identifiers: [] }));
  expect(refused).toMatchObject({ code: 'malformed', status: 400 });
});

test('refuses an identifier type that it does not serve', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const identifiers = [{ type: 'email', value: 'me@example.com' }];
  const refused = await refusalOf(world.registration.newOrder(account, { identifiers }));
  expect(refused).toMatchObject({ code: 'unsupportedIdentifier', status: 400 });
});

test('applies the public-suffix and the reserved-address rules only where they are configured', async () => {
  const identifiers = [...dns('first.localhost'), { type: 'ip', value: '10.0.0.1' }];
  const lab = await createWorld();
  const made = await lab.registration.newOrder(await newTestAccount(lab), { identifiers });
  expect(made.order.identifiers).toEqual(identifiers);
  const strict = await createWorld({
    config: {
      requirePublicSuffix: true,
      addresses: { allowReservedAddresses: false, allowAddresses: [], denyAddresses: [] },
    },
  });
  const refused = await refusalOf(
    strict.registration.newOrder(await newTestAccount(strict), { identifiers }),
  );
  expect(refused).toMatchObject({ code: 'rejectedIdentifier', status: 400 });
  expect(refused.error.subproblems).toHaveLength(2);
});

test('keeps the validity asked for, and refuses one that it would not give', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const identifiers = dns('example.com');
  const asked = { notBefore: '2026-01-16T00:00:00Z', notAfter: '2026-01-26T00:00:00Z' };
  const { order } = await world.registration.newOrder(account, { identifiers, ...asked });
  expect(order).toMatchObject({
    notBefore: Date.parse(asked.notBefore),
    notAfter: Date.parse(asked.notAfter),
  });
  for (const bad of [
    { notAfter: 'tomorrow' },
    { notAfter: '2027-01-26T00:00:00Z' },
    { notBefore: '2020-01-01T00:00:00Z' },
  ]) {
    const refused = await refusalOf(world.registration.newOrder(account, { identifiers, ...bad }));
    expect(refused).toMatchObject({ code: 'malformed', status: 400 });
  }
  expect(await world.store.findOrdersByIdentifier('example.com', 10)).toHaveLength(1);
});

test('shows an expired order as invalid and its authorizations as expired, without writing', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await world.registration.newOrder(account, { identifiers: dns('example.com') });
  world.levers.now = START + 7 * DAY;
  expect((await world.registration.order(account, order.id)).status).toBe('invalid');
  for (const id of order.authorizationIds) {
    const authorization = await world.registration.authorization(account, id);
    expect(authorizationStatus(authorization, world.levers.now)).toBe('expired');
    const refused = await refusalOf(world.registration.deactivateAuthorization(account, id));
    expect(refused).toMatchObject({ code: 'malformed', status: 400 });
  }
  world.levers.now = START;
  expect((await world.registration.order(account, order.id)).status).toBe('pending');
});
