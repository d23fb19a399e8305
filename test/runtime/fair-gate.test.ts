import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Claim, FairGate, FairGateLimits, Release } from '../../src/runtime/fair-gate.ts';
import { createFairGate } from '../../src/runtime/fair-gate.ts';

interface Entry {
  readonly claim: Claim;
  state: 'waiting' | 'inside' | 'gone';
  release: Release;
  cancel: () => void;
}

/** A gate with a note of who was let in, in order. */
function watchedGate(limits: FairGateLimits) {
  const gate = createFairGate(limits);
  const entries: Entry[] = [];
  const granted: string[] = [];
  const enter = (owner: Claim['owner'], place?: Claim['place'], name = String(owner)): Entry => {
    const claim = place === undefined ? { owner } : { owner, place };
    const entry: Entry = { claim, state: 'waiting', release: () => undefined, cancel: () => undefined };
    entries.push(entry);
    entry.cancel = gate.enter(claim, (release) => {
      if (entry.state !== 'waiting') throw new Error(`${name} was let in, and is ${entry.state}.`);
      entry.state = 'inside';
      entry.release = release;
      granted.push(name);
    });
    return entry;
  };
  const releaseFirst = (): void => {
    const entry = entries.find(({ state }) => state === 'inside');
    if (entry === undefined) throw new Error('Nobody is inside.');
    entry.state = 'gone';
    entry.release();
  };
  return { gate, entries, granted, enter, releaseFirst };
}

test('lets in no more than its limits in all, for one owner and to one place', () => {
  const { gate, entries, enter } = watchedGate({ total: 10, perOwner: 4, perPlace: 3 });
  for (let count = 0; count < 50; count += 1) enter('a', 'here');
  expect(gate.counts()).toEqual({ inside: 3, waiting: 47 });
  for (let count = 0; count < 50; count += 1) enter('a', `elsewhere ${count}`);
  expect(gate.counts()).toEqual({ inside: 4, waiting: 96 });
  for (let count = 0; count < 50; count += 1) enter(count, `far ${count}`);
  expect(entries.filter(({ state }) => state === 'inside')).toHaveLength(10);
});

test('takes owners in turn, and those of one owner in the order in which they came', () => {
  const { granted, enter, releaseFirst } = watchedGate({ total: 1, perOwner: 1 });
  for (const name of ['a1', 'a2', 'a3', 'a4']) enter('a', name, name);
  for (const name of ['b1', 'b2']) enter('b', name, name);
  enter('c', 'c1', 'c1');
  for (let count = 0; count < 6; count += 1) releaseFirst();
  expect(granted).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
});

test('keeps the order of arrival within an owner across places', () => {
  const { granted, enter, releaseFirst } = watchedGate({ total: 1, perOwner: 1, perPlace: 1 });
  for (const name of ['x 1', 'x 2', 'y 3', 'x 4', 'z 5', 'y 6']) enter('a', name[0], name);
  for (let count = 0; count < 5; count += 1) releaseFirst();
  expect(granted).toEqual(['x 1', 'x 2', 'y 3', 'x 4', 'z 5', 'y 6']);
});

test('a full place holds up neither the same owner elsewhere nor other owners', () => {
  const { granted, enter } = watchedGate({ total: 10, perOwner: 8, perPlace: 2 });
  for (let count = 0; count < 500; count += 1) enter('a', 'full');
  enter('a', 'other', 'a elsewhere');
  enter('b', 'other', 'b elsewhere');
  expect(granted).toEqual(['a', 'a', 'a elsewhere', 'b elsewhere']);
});

test('takes no more than its share of a place for one owner, and leaves the rest to others', () => {
  const { gate, granted, enter } = watchedGate({ total: 10, perOwner: 8, perPlace: 5, perOwnerAtPlace: 2 });
  for (let count = 0; count < 500; count += 1) enter('a', 'here');
  expect(gate.counts()).toEqual({ inside: 2, waiting: 498 });
  for (let count = 0; count < 3; count += 1) enter('b', 'here');
  enter('a', 'elsewhere', 'a elsewhere');
  enter('c', 'here');
  enter('d', 'here');
  expect(granted).toEqual(['a', 'a', 'b', 'b', 'a elsewhere', 'c']);
});

test('an owner at its share of a place goes behind those that wait for room there', () => {
  const limits = { total: 10, perOwner: 5, perPlace: 2, perOwnerAtPlace: 1 };
  const { granted, enter, releaseFirst } = watchedGate(limits);
  for (const name of ['a1', 'b1', 'a2', 'b2', 'c1', 'd1', 'a3']) enter(name[0] ?? '', 'full', name);
  for (let count = 0; count < 5; count += 1) releaseFirst();
  expect(granted).toEqual(['a1', 'b1', 'c1', 'd1', 'a2', 'b2', 'a3']);
});

test('one that comes while its owner has its share of a place is let in when one of them leaves', () => {
  const { gate, granted, enter, releaseFirst } = watchedGate({ total: 9, perOwner: 9, perOwnerAtPlace: 2 });
  for (const name of ['a1', 'a2']) enter('a', 'here', name);
  const given = enter('a', 'here', 'given up');
  given.cancel();
  for (const name of ['a3', 'a4']) enter('a', 'here', name);
  expect(gate.counts()).toEqual({ inside: 2, waiting: 2 });
  releaseFirst();
  expect(granted).toEqual(['a1', 'a2', 'a3']);
  releaseFirst();
  expect(granted).toEqual(['a1', 'a2', 'a3', 'a4']);
});

test('the first to wait for a full place is the first to get room there', () => {
  const { granted, enter, releaseFirst } = watchedGate({ total: 10, perOwner: 5, perPlace: 1 });
  for (const owner of ['a', 'b', 'c', 'd']) enter(owner, 'full');
  enter('a', 'full', 'a again');
  for (let count = 0; count < 4; count += 1) releaseFirst();
  expect(granted).toEqual(['a', 'b', 'c', 'd', 'a again']);
});

test('an owner that reaches its limit hands on the room that was kept for it', () => {
  const { granted, enter, releaseFirst } = watchedGate({ total: 2, perOwner: 1, perPlace: 1 });
  enter('x', 'P');
  enter('y', 'Q');
  for (const place of ['P', 'Q']) enter('a', place, `a at ${place}`);
  enter('b', 'Q', 'b at Q');
  enter('c', 1);
  enter('d', 2);
  // Both places have room for a by now, but c and d came first.
  releaseFirst();
  releaseFirst();
  expect(granted).toEqual(['x', 'y', 'c', 'd']);
  releaseFirst();
  releaseFirst();
  expect(granted.slice(4).sort()).toEqual(['a at P', 'b at Q']);
});

test('one that has given up waiting is passed over, and holds nothing', () => {
  const { gate, granted, enter, releaseFirst } = watchedGate({ total: 1, perOwner: 1 });
  enter('a');
  const given = enter('b');
  enter('c');
  given.cancel();
  given.cancel();
  releaseFirst();
  releaseFirst();
  expect(granted).toEqual(['a', 'c']);
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});

test('who gave up waiting for a full place, with another of the same owner inside, can wait there again', () => {
  const { granted, enter, releaseFirst } = watchedGate({ total: 9, perOwner: 9, perPlace: 2 });
  for (const name of ['b1', 'a1']) enter(name[0] ?? '', 'full', name);
  enter('a', 'full', 'given up').cancel();
  enter('a', 'full', 'a2');
  releaseFirst();
  expect(granted).toEqual(['b1', 'a1', 'a2']);
});

test('a second release of the same grant does nothing', () => {
  const { gate, entries, enter } = watchedGate({ total: 1, perOwner: 1 });
  for (const owner of ['a', 'b', 'c']) enter(owner);
  const [first] = entries;
  first?.release();
  first?.release();
  expect(gate.counts()).toEqual({ inside: 1, waiting: 1 });
});

test('as a promise it answers undefined to a signal that aborts, before or while it waits', async () => {
  const gate = createFairGate({ total: 1, perOwner: 1 });
  const release = await gate.acquire({ owner: 'a' });
  const controller = new AbortController();
  const waiting = gate.acquire({ owner: 'b' }, controller.signal);
  expect(gate.counts()).toEqual({ inside: 1, waiting: 1 });
  controller.abort();
  expect(await waiting).toBeUndefined();
  expect(await gate.acquire({ owner: 'b' }, controller.signal)).toBeUndefined();
  release?.();
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});

test('an abort after the grant takes nothing away', async () => {
  const gate = createFairGate({ total: 1, perOwner: 1 });
  const controller = new AbortController();
  const release = await gate.acquire({ owner: 'a' }, controller.signal);
  controller.abort();
  expect(gate.counts()).toEqual({ inside: 1, waiting: 0 });
  release?.();
});

test('a long line of those that leave as soon as they are let in does not pile up on the stack', () => {
  const gate = createFairGate({ total: 1, perOwner: 1 });
  const releases: Release[] = [];
  gate.enter({ owner: 'first' }, (release) => releases.push(release));
  let served = 0;
  for (let count = 0; count < 50_000; count += 1) {
    gate.enter({ owner: 'a' }, (release) => {
      served += 1;
      release();
    });
  }
  releases[0]?.();
  expect(served).toBe(50_000);
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});

test.each([0, -1, Number.NaN])('refuses %s as a limit', (limit) => {
  expect(() => createFairGate({ total: limit, perOwner: 1 })).toThrow(RangeError);
  expect(() => createFairGate({ total: 1, perOwner: 1, perPlace: limit })).toThrow(RangeError);
  expect(() => createFairGate({ total: 1, perOwner: 1, perOwnerAtPlace: limit })).toThrow(RangeError);
});

test('never exceeds a limit, never leaves room unused, never leaks, whatever enters, leaves and gives up', () => {
  const limit = fc.integer({ min: 1, max: 5 });
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant('enter'), fc.nat(5), fc.nat(4)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('release'), fc.nat(100), fc.nat(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('cancel'), fc.nat(100), fc.nat(0)) },
  );
  const limits = fc.record({ total: limit, perOwner: limit, perPlace: limit, perOwnerAtPlace: limit });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 120, size: 'max' }), (bounds, steps) => {
      const { gate, entries, enter } = watchedGate(bounds);
      const complaints: string[] = [];
      for (const [what, first, second] of steps) {
        if (what === 'enter') enter(first, second);
        else leave(entries, what === 'release' ? 'inside' : 'waiting', first);
        complaints.push(...complaintsAbout(gate, bounds, entries));
      }
      let rounds = 0;
      while (leave(entries, 'inside', rounds)) {
        complaints.push(...complaintsAbout(gate, bounds, entries));
        rounds += 1;
      }
      expect(complaints).toEqual([]);
      expect(entries.filter(({ state }) => state !== 'gone')).toEqual([]);
      expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
    }),
    { numRuns: 400 },
  );
});

/** Ends the stay or the waiting of one of those in the state. Answers false when there was none. */
function leave(entries: readonly Entry[], state: 'inside' | 'waiting', choice: number): boolean {
  const candidates = entries.filter((entry) => entry.state === state);
  const entry = candidates[choice % candidates.length];
  if (entry === undefined) return false;
  entry.state = 'gone';
  if (state === 'inside') entry.release();
  else entry.cancel();
  return true;
}

/** What is wrong: a limit exceeded, somebody who waits though no limit is reached, or counts that differ from what was seen. */
function complaintsAbout(
  gate: FairGate,
  bounds: Required<FairGateLimits>,
  entries: readonly Entry[],
): readonly string[] {
  const inside = entries.filter(({ state }) => state === 'inside');
  const waiting = entries.filter(({ state }) => state === 'waiting');
  const ofOwner = countBy(inside, ({ claim }) => claim.owner);
  const atPlace = countBy(inside, ({ claim }) => claim.place);
  const ofOwnerAtPlace = countBy(inside, laneOf);
  const isFull = (entry: Entry): boolean =>
    (ofOwner.get(entry.claim.owner) ?? 0) >= bounds.perOwner ||
    (atPlace.get(entry.claim.place) ?? 0) >= bounds.perPlace ||
    (ofOwnerAtPlace.get(laneOf(entry)) ?? 0) >= bounds.perOwnerAtPlace;
  const counted = gate.counts();
  return [
    ...(inside.length > bounds.total ? ['too many in all'] : []),
    ...(Math.max(0, ...ofOwner.values()) > bounds.perOwner ? ['too many of an owner'] : []),
    ...(Math.max(0, ...atPlace.values()) > bounds.perPlace ? ['too many at a place'] : []),
    ...(Math.max(0, ...ofOwnerAtPlace.values()) > bounds.perOwnerAtPlace
      ? ['too many of an owner there']
      : []),
    ...(inside.length < bounds.total && !waiting.every(isFull) ? ['somebody waits for nothing'] : []),
    ...(counted.inside !== inside.length ? ['inside miscounted'] : []),
    ...(counted.waiting !== waiting.length ? ['waiting miscounted'] : []),
  ];
}

function laneOf({ claim }: Entry): string {
  return `${claim.owner} to ${claim.place}`;
}

function countBy<Key>(entries: readonly Entry[], keyOf: (entry: Entry) => Key): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const entry of entries) counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
  return counts;
}

test('nobody waits longer than the others take their turns, however many wait of one owner', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 200, size: 'max' }), (owners) => {
      const { granted, enter, releaseFirst } = watchedGate({ total: 1, perOwner: 1 });
      enter('first');
      for (const [index, owner] of owners.entries()) enter(owner, index);
      const different = new Set(owners);
      for (let count = 0; count < different.size; count += 1) releaseFirst();
      expect(new Set(granted.slice(1))).toEqual(new Set([...different].map(String)));
    }),
  );
});

test('whoever waits for a place is let in before anybody gets in there again', () => {
  const share = fc.integer({ min: 1, max: 3 });
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 200, size: 'max' }), share, (owners, most) => {
      const limits = { total: 100, perOwner: 50, perPlace: 2 * most, perOwnerAtPlace: most };
      const { gate, granted, enter, releaseFirst } = watchedGate(limits);
      for (const owner of ['x', 'y']) for (let count = 0; count < 20; count += 1) enter(owner, 'P');
      expect(gate.counts().inside).toBe(2 * most);
      for (const owner of owners) enter(owner, 'P');
      const different = new Set(owners);
      for (let count = 0; count < different.size; count += 1) releaseFirst();
      expect(new Set(granted.slice(2 * most))).toEqual(new Set([...different].map(String)));
    }),
  );
});

test('very many that wait, of one owner or of each its own, are served without a look at all of them', () => {
  const many = 50_000;
  const gate = createFairGate({ total: 4, perOwner: 3, perPlace: 2, perOwnerAtPlace: 1 });
  const releases: Release[] = [];
  const noteRelease = (release: Release): void => void releases.push(release);
  for (let count = 0; count < many; count += 1) {
    gate.enter({ owner: count, place: 'full' }, noteRelease);
    gate.enter({ owner: 'one', place: 'full' }, noteRelease);
    gate.enter({ owner: 'one', place: count }, noteRelease);
  }
  // A look at each for each release would take 22,500,000,000 of them.
  for (const release of releases) release();
  expect(releases).toHaveLength(3 * many);
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});
