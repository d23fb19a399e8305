import type { SweptBatch } from '../store.ts';
import type { Connection } from './connection.ts';

/** The newest rows stay (see the migration that brought the sweep); an order that holds one is looked at again this much later. */
const PUT_OFF_MS = 3_600_000;

interface DueOrder {
  readonly id: number;
  /** When the last of order, certificate and authorizations ends. */
  readonly ended_at: number;
}

/** The removal of orders that are over, as prepared statements. To be run inside a transaction. */
export function sweepChanges(connection: Connection) {
  const nextDue = connection.prepare<[number], DueOrder>(
    `SELECT o.id, max(
       o.expires_at,
       coalesce((SELECT not_after FROM certificates WHERE order_id = o.id), 0),
       coalesce((
         SELECT max(z.expires_at) FROM order_authorizations oa JOIN authorizations z ON z.id = oa.authorization_id
         WHERE oa.order_id = o.id
       ), 0)
     ) AS ended_at
     FROM orders o WHERE o.sweep_at <= ? ORDER BY o.sweep_at LIMIT 1`,
  );
  const putOff = connection.prepare<[number, number]>('UPDATE orders SET sweep_at = ? WHERE id = ?');
  const holdsNewest = newestRowQuery(connection);
  const remove = orderRemoval(connection);

  /** Removes the order or puts it off, so that it is not due any more. Answers how many authorizations it had, 0 when it stays. */
  function handle({ id, ended_at: endedAt }: DueOrder, endedBy: number): number {
    const isOver = endedAt <= endedBy;
    if (isOver && !holdsNewest(id)) return remove(id);
    putOff.run(isOver ? endedBy + PUT_OFF_MS : endedAt, id);
    return 0;
  }

  /** `limit` counts authorizations, or orders that are only put off: what takes the time. */
  return function sweep(endedBy: number, limit: number): SweptBatch {
    let orders = 0;
    for (let left = limit; left > 0; ) {
      const due = nextDue.get(endedBy);
      if (due === undefined) return { orders, complete: true };
      const removed = handle(due, endedBy);
      if (removed > 0) orders += 1;
      left -= Math.max(removed, 1);
    }
    return { orders, complete: false };
  };
}

/** True when the order, its certificate, an authorization or a challenge of it has the largest id of its table. */
function newestRowQuery(connection: Connection): (order: number) => boolean {
  const query = connection
    .prepare<{ readonly order: number }, number>(
      `SELECT :order = (SELECT max(id) FROM orders)
       OR EXISTS (
         SELECT 1 FROM certificates WHERE order_id = :order AND id = (SELECT max(id) FROM certificates)
       )
       OR EXISTS (
         SELECT 1 FROM order_authorizations oa
         WHERE oa.order_id = :order AND oa.authorization_id = (SELECT max(id) FROM authorizations)
       )
       OR EXISTS (
         SELECT 1 FROM order_authorizations oa JOIN challenges h ON h.authorization_id = oa.authorization_id
         WHERE oa.order_id = :order AND h.id = (SELECT max(id) FROM challenges)
       )`,
    )
    .pluck();
  return (order) => query.get({ order }) === 1;
}

/** Removes an order with its certificate, and with those of its authorizations that no other order refers to. */
function orderRemoval(connection: Connection): (order: number) => number {
  const authorizationsOf = connection
    .prepare<[number], number>(
      'SELECT DISTINCT authorization_id FROM order_authorizations WHERE order_id = ?',
    )
    .pluck();
  // Those that refer go before what they refer to: SQLite holds them to it.
  const ofOrder = [
    'DELETE FROM certificates WHERE order_id = ?',
    'DELETE FROM order_authorizations WHERE order_id = ?',
    'DELETE FROM orders WHERE id = ?',
  ].map((sql) => connection.prepare<[number]>(sql));
  const isReferredTo = connection.prepare<[number]>(
    'SELECT 1 FROM order_authorizations WHERE authorization_id = ? LIMIT 1',
  );
  const ofAuthorization = [
    'DELETE FROM challenges WHERE authorization_id = ?',
    'DELETE FROM authorizations WHERE id = ?',
  ].map((sql) => connection.prepare<[number]>(sql));
  return (order) => {
    const authorizations = authorizationsOf.all(order);
    for (const statement of ofOrder) statement.run(order);
    for (const id of authorizations) {
      // RFC 8555 section 7.4 lets an authorization serve several orders.
      if (isReferredTo.get(id) !== undefined) continue;
      for (const statement of ofAuthorization) statement.run(id);
    }
    return authorizations.length;
  };
}
