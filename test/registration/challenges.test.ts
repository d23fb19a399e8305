import { expect, test } from 'vitest';
import type { Account } from '../../src/protocol/account.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';
import { refusalOf } from './refusal.ts';
import type { World } from './world.ts';
import { createWorld, DAY, newTestAccount, START, verdict } from './world.ts';

const WRONG_CONTENT: ValidationFailure = {
  class: 'wrong-content',
  url: 'http://example.com/.well-known/acme-challenge/x',
  address: '192.0.2.1',
  expected: 'a.b',
  received: 'no',
};

async function newChallenges(world: World, account: Account) {
  const identifiers = [{ type: 'dns', value: 'example.com' }];
  const { order } = await world.registration.newOrder(account, { identifiers });
  const [authorizationId] = order.authorizationIds;
  if (authorizationId === undefined) throw new Error('An order has authorizations.');
  const { challenges } = await world.registration.authorization(account, authorizationId);
  const [first, second] = challenges;
  if (first === undefined || second === undefined) throw new Error('A name has two challenges.');
  return { order, authorizationId, first, second };
}

test('claims, answers processing at once, validates behind the answer, and records it with its record', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first, authorizationId, order } = await newChallenges(world, account);
  const { registration, levers } = world;
  levers.now += 1000;
  const accountUrl = 'https://[::1]:14000/acme/account/acct_1';
  const answer = await registration.respondToChallenge(account, first.id, accountUrl);
  expect(answer.challenge).toEqual({ ...first, status: 'processing', accountUrl });
  expect(answer.authorization.challenges).toContainEqual({ ...first, status: 'processing', accountUrl });
  await registration.idle();
  expect(world.questions).toEqual([
    {
      challengeId: first.id,
      accountId: account.id,
      identifier: { type: 'dns', value: 'example.com' },
      wildcard: false,
      challengeType: first.type,
      accountUrl,
      token: first.token,
      keyAuthorization: `${first.token}.${account.thumbprint}`,
    },
  ]);
  const { challenge } = await registration.challenge(account, first.id);
  expect(challenge).toMatchObject({
    status: 'valid',
    validatedAt: START + 1000,
    record: { steps: [{ step: 'caa' }] },
  });
  const authorization = await registration.authorization(account, authorizationId);
  expect(authorization).toMatchObject({ storedStatus: 'valid', expiresAt: START + 1000 + 30 * DAY });
  expect((await registration.order(account, order.id)).status).toBe('ready');
});

test('records a failure with its problem, and the authorization and the order are invalid with it', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first, second, authorizationId, order } = await newChallenges(world, account);
  const { registration, levers } = world;
  levers.validate = async (question) => verdict(question, WRONG_CONTENT);
  await registration.respondToChallenge(account, first.id);
  await registration.idle();
  const { challenge } = await registration.challenge(account, first.id);
  expect(challenge).toMatchObject({ status: 'invalid', record: { failure: WRONG_CONTENT } });
  expect(challenge.problem?.code).toBe('unauthorized');
  expect(challenge.problem?.detail).toContain('192.0.2.1');
  expect((await registration.authorization(account, authorizationId)).storedStatus).toBe('invalid');
  expect((await registration.order(account, order.id)).status).toBe('invalid');

  for (const id of [first.id, second.id]) {
    const refused = await refusalOf(registration.respondToChallenge(account, id));
    expect(refused).toMatchObject({ code: 'malformed', status: 400 });
    expect(refused.detail).toMatch(/make a new order/i);
  }
  expect(world.questions).toHaveLength(1);
  expect((await registration.challenge(account, second.id)).challenge).toEqual(second);
});

test('makes a validator that throws a fault of ours, with the cause in the log only', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first } = await newChallenges(world, account);
  world.levers.validate = () => Promise.reject(new Error('secret cause'));
  await world.registration.respondToChallenge(account, first.id);
  await world.registration.idle();
  const { challenge } = await world.registration.challenge(account, first.id);
  expect(challenge).toMatchObject({
    status: 'invalid',
    problem: { code: 'serverInternal' },
    record: { failure: { class: 'internal' } },
  });
  expect(JSON.stringify(challenge)).not.toContain('secret cause');
  expect(world.logged).toHaveLength(1);
});

test('validates once, however many requests race, and answers all of them', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first } = await newChallenges(world, account);
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => world.registration.respondToChallenge(account, first.id)),
  );
  await world.registration.idle();
  expect(world.questions).toHaveLength(1);
  for (const { challenge } of answers) expect(['processing', 'valid']).toContain(challenge.status);
});

test('answers a valid challenge, and the others of a valid authorization, as they stand', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first, second } = await newChallenges(world, account);
  await world.registration.respondToChallenge(account, first.id);
  await world.registration.idle();
  expect((await world.registration.respondToChallenge(account, first.id)).challenge.status).toBe('valid');
  expect((await world.registration.respondToChallenge(account, second.id)).challenge).toEqual(second);
  expect(world.questions).toHaveLength(1);
});

test('refuses a challenge of an expired authorization with 404, and leaves it pending', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first } = await newChallenges(world, account);
  world.levers.now = START + 7 * DAY;
  const refused = await refusalOf(world.registration.respondToChallenge(account, first.id));
  expect(refused).toMatchObject({ code: 'malformed', status: 404 });
  expect((await world.registration.challenge(account, first.id)).challenge).toEqual(first);
  expect(world.questions).toEqual([]);
});

test('refuses a challenge of a deactivated authorization', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first, authorizationId, order } = await newChallenges(world, account);
  await world.registration.deactivateAuthorization(account, authorizationId);
  const refused = await refusalOf(world.registration.respondToChallenge(account, first.id));
  expect(refused).toMatchObject({ code: 'malformed', status: 400 });
  expect((await world.registration.order(account, order.id)).status).toBe('invalid');
  const again = await refusalOf(world.registration.deactivateAuthorization(account, authorizationId));
  expect(again).toMatchObject({ code: 'malformed', status: 400 });
});

test('deactivates a valid authorization too, and a ready order is invalid with it', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first, authorizationId, order } = await newChallenges(world, account);
  await world.registration.respondToChallenge(account, first.id);
  await world.registration.idle();
  const racing = await Promise.allSettled(
    [1, 2, 3].map(() => world.registration.deactivateAuthorization(account, authorizationId)),
  );
  expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await world.registration.order(account, order.id)).status).toBe('invalid');
});

test('refuses a challenge of an account that was deactivated after the request was checked', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first } = await newChallenges(world, account);
  await world.registration.deactivateAccount(account);
  const refused = await refusalOf(world.registration.respondToChallenge(account, first.id));
  expect(refused).toMatchObject({ code: 'unauthorized', status: 401 });
  expect(world.questions).toEqual([]);
});

test('keeps an authorization deactivated that was deactivated during its validation', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { first, authorizationId, order } = await newChallenges(world, account);
  world.levers.validate = async (question) => {
    await world.registration.deactivateAuthorization(account, authorizationId);
    return verdict(question);
  };
  await world.registration.respondToChallenge(account, first.id);
  await world.registration.idle();
  const authorization = await world.registration.authorization(account, authorizationId);
  expect(authorization.storedStatus).toBe('deactivated');
  expect((await world.registration.order(account, order.id)).status).toBe('invalid');
});
