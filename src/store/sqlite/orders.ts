import type { Challenge } from '../../protocol/challenge.ts';
import type { Identifier, IdentifierType } from '../../protocol/identifier.ts';
import type { OrderId } from '../../protocol/ids.ts';
import type { Problem } from '../../protocol/problem.ts';
import type { NewAuthorization, NewOrder, OrderWithAuthorizations } from '../store.ts';
import type { AuthorizationRow } from './authorization-rows.ts';
import { authorizationFromRow } from './authorization-rows.ts';
import type { ChallengeRow } from './challenge-rows.ts';
import { challengeFromRow } from './challenge-rows.ts';
import type { Connection } from './connection.ts';
import type { OrderRow } from './order-rows.ts';
import { orderFromRow } from './order-rows.ts';

interface OrderAuthorizationRow extends AuthorizationRow {
  readonly order_identifier_type: IdentifierType;
  readonly order_identifier_value: string;
}

/** The questions about orders, as prepared statements. */
export function orderQueries(connection: Connection) {
  const byId = connection.prepare<[number], OrderRow>(
    `SELECT o.*, c.id AS certificate_id FROM orders o LEFT JOIN certificates c ON c.order_id = o.id WHERE o.id = ?`,
  );
  const authorizationsOf = connection.prepare<[number], OrderAuthorizationRow>(
    `SELECT z.*, oa.identifier_type AS order_identifier_type, oa.identifier_value AS order_identifier_value
     FROM order_authorizations oa JOIN authorizations z ON z.id = oa.authorization_id
     WHERE oa.order_id = ? ORDER BY oa.position`,
  );
  // Not `c.*`: the records of an order's challenges are megabytes that no request about the order needs. `account_url` lies
  // behind them in the row, so that SQLite would have to walk through the record to reach it.
  const challengesOf = connection.prepare<[number], ChallengeRow>(
    `SELECT c.id, c.authorization_id, c.type, c.status, c.token, c.validated_at, c.problem,
       NULL AS record, NULL AS account_url
     FROM order_authorizations oa JOIN challenges c ON c.authorization_id = oa.authorization_id
     WHERE oa.order_id = ? ORDER BY c.id`,
  );
  const idsByIdentifier = connection
    .prepare<[string, string, number], number>(
      `SELECT DISTINCT order_id FROM order_authorizations WHERE identifier_value IN (?, ?)
       ORDER BY order_id DESC LIMIT ?`,
    )
    .pluck();

  function find(id: OrderId): OrderWithAuthorizations | undefined {
    const row = byId.get(id);
    if (row === undefined) return undefined;
    const challenges = groupByAuthorization(challengesOf.all(id));
    const rows = authorizationsOf.all(id);
    return orderFromRow(
      row,
      rows.map(requestedIdentifier),
      rows.map((authorization) =>
        authorizationFromRow(authorization, challenges.get(authorization.id) ?? []),
      ),
    );
  }

  return {
    find,
    /** A name finds the orders of its wildcard too, whose authorization is for that name; a wildcard finds its own alone. */
    findByIdentifier(value: string, limit: number): readonly OrderWithAuthorizations[] {
      return idsByIdentifier
        .all(value, `*.${value}`, limit)
        .map((id) => find(id as OrderId))
        .filter((order) => order !== undefined);
    },
  };
}

/** The changes of orders, as prepared statements. To be run inside a transaction. */
export function orderChanges(connection: Connection) {
  const { find } = orderQueries(connection);
  const insertOrder = connection.prepare<[number, number, number | null, number | null, number, number]>(
    `INSERT INTO orders (account_id, created_at, expires_at, not_before, not_after, sweep_at)
     SELECT id, ?, ?, ?, ?, ? FROM accounts WHERE id = ? AND status = 'valid'`,
  );
  const link = connection.prepare<[number, number, string, string, number]>(
    `INSERT INTO order_authorizations (order_id, position, identifier_type, identifier_value, authorization_id)
     VALUES (?, ?, ?, ?, ?)`,
  );
  const fail = connection.prepare<[string, number]>(
    `UPDATE orders SET problem = ? WHERE id = ? AND problem IS NULL
     AND NOT EXISTS (SELECT 1 FROM certificates WHERE order_id = orders.id)`,
  );
  const insertAuthorization = authorizationInsertion(connection);

  return {
    create(order: NewOrder, now: number): OrderWithAuthorizations | undefined {
      requireAuthorizationForEach(order);
      const { expiresAt, notBefore, notAfter, accountId } = order;
      const made = insertOrder.run(now, expiresAt, notBefore ?? null, notAfter ?? null, expiresAt, accountId);
      if (made.changes !== 1) return undefined;
      const orderId = Number(made.lastInsertRowid);
      for (const [position, { type, value }] of order.identifiers.entries()) {
        const authorization = order.authorizations[position];
        if (authorization === undefined) continue;
        link.run(orderId, position, type, value, insertAuthorization(accountId, authorization));
      }
      return find(orderId as OrderId);
    },
    fail: (id: OrderId, problem: Problem): boolean => fail.run(JSON.stringify(problem), id).changes === 1,
  };
}

/** Returns a function that stores an authorization with its challenges, all pending, and answers its id. */
function authorizationInsertion(
  connection: Connection,
): (accountId: number, made: NewAuthorization) => number {
  const insert = connection.prepare<[number, string, string, number, number]>(
    `INSERT INTO authorizations (account_id, identifier_type, identifier_value, wildcard, status, expires_at)
     VALUES (?, ?, ?, ?, 'pending', ?)`,
  );
  const insertChallenge = connection.prepare<[number, string, string]>(
    "INSERT INTO challenges (authorization_id, type, status, token) VALUES (?, ?, 'pending', ?)",
  );
  return (accountId, { identifier, wildcard, expiresAt, challenges }) => {
    const made = insert.run(accountId, identifier.type, identifier.value, wildcard ? 1 : 0, expiresAt);
    const id = Number(made.lastInsertRowid);
    for (const { type, token } of challenges) insertChallenge.run(id, type, token);
    return id;
  };
}

/** An order without an authorization would be `ready` at once: `every` of nothing is true (see `orderStatus`). */
function requireAuthorizationForEach({ identifiers, authorizations }: NewOrder): void {
  if (identifiers.length > 0 && identifiers.length === authorizations.length) return;
  throw new Error(
    `An order needs at least one identifier, and an authorization for each: it has ${identifiers.length} and ${authorizations.length}.`,
  );
}

function requestedIdentifier(row: OrderAuthorizationRow): Identifier {
  return { type: row.order_identifier_type, value: row.order_identifier_value };
}

function groupByAuthorization(rows: readonly ChallengeRow[]): ReadonlyMap<number, readonly Challenge[]> {
  const groups = new Map<number, Challenge[]>();
  for (const row of rows) {
    const group = groups.get(row.authorization_id);
    if (group === undefined) groups.set(row.authorization_id, [challengeFromRow(row)]);
    else group.push(challengeFromRow(row));
  }
  return groups;
}
