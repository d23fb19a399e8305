import type { Lane, Owner, Place, Waiter } from './lanes.ts';
import { createLane, createOwner, createPlace, isReady } from './lanes.ts';
import { LinkedList } from './linked-list.ts';

export interface FairGateLimits {
  /** How many may be inside at once. */
  readonly total: number;
  /** Of these, how many of one owner. */
  readonly perOwner: number;
  /** Of these, how many at one place, whoever owns them; any number unless given. */
  readonly perPlace?: number;
  /** Of those at one place, how many of one owner; any number unless given. */
  readonly perOwnerAtPlace?: number;
}

/** Whose turn an entry takes, and where it goes. */
export interface Claim {
  readonly owner: string | number;
  readonly place?: string | number;
}

/** Ends a stay; further calls do nothing. */
export type Release = () => void;

/**
 * Lets so many in at once, and the others in turn: owner after owner, and first come first served within one. Who waits
 * because a place is full, or because the owner has its share of the place, holds up neither the same owner elsewhere nor
 * anybody else; and an owner at its limit holds up nobody. A grant costs the same whether ten wait or a hundred thousand.
 */
export interface FairGate {
  /** Calls `onGranted` once, at once where there is room. The returned function ends the waiting; after the grant it does nothing. */
  enter(claim: Claim, onGranted: (release: Release) => void): () => void;
  /** The same as a promise: undefined when the signal aborted first, and then nothing is held. */
  acquire(claim: Claim, signal?: AbortSignal): Promise<Release | undefined>;
  /** How many are inside, and how many wait. */
  counts(): { readonly inside: number; readonly waiting: number };
}

/**
 * How it finds the next one without searching. Those of one owner for one place are a lane, which is ready, parked, or
 * neither: while it has no waiters, or its owner has its share of the place inside. Owners below their limit that have a ready
 * lane are in the ring, and the first of it is asked. A lane that is found to lead to a full place is parked there. When the
 * place has room again, the lane that was parked first wakes with that room reserved, and its owner takes it when its turn
 * comes; an owner that reaches its limit before then hands the room on. Only a lane's own grant takes it to its share, so
 * neither room nor a parked lane's turn waits for one that is there; when one of it leaves, it begins anew, behind those
 * that are parked. So a place with free room has no parked lane whose owner could use it, and whenever the gate has room
 * the ring is empty or is served.
 */
class Gate implements FairGate {
  readonly #limits: Required<FairGateLimits>;
  readonly #owners = new Map<Claim['owner'], Owner>();
  readonly #places = new Map<Claim['place'], Place>();
  readonly #ring = new LinkedList<Owner>();
  #inside = 0;
  #waiting = 0;
  #arrivals = 0;
  #admitting = false;

  constructor(limits: Required<FairGateLimits>) {
    this.#limits = limits;
  }

  counts(): { readonly inside: number; readonly waiting: number } {
    return { inside: this.#inside, waiting: this.#waiting };
  }

  enter(claim: Claim, onGranted: (release: Release) => void): () => void {
    const lane = this.#laneOf(claim);
    this.#arrivals += 1;
    this.#waiting += 1;
    const waiter: Waiter = { number: this.#arrivals, onGranted, granted: false };
    const node = lane.waiters.append(waiter);
    this.#placeLane(lane);
    this.#admit();
    let cancelled = false;
    return () => {
      if (cancelled || waiter.granted) return;
      cancelled = true;
      this.#waiting -= 1;
      this.#withChange(lane, () => lane.waiters.remove(node));
      if (lane.waiters.first === undefined) this.#standDown(lane);
      this.#admit();
    };
  }

  acquire(claim: Claim, signal?: AbortSignal): Promise<Release | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const onAbort = (): void => {
        cancel();
        resolve(undefined);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const cancel = this.enter(claim, (release) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(release);
      });
    });
  }

  /** Lets in whoever can be: the first owner of the ring, which then goes to its end. */
  #admit(): void {
    // A grant may enter or release in its turn, and the loop that called it goes on from there.
    if (this.#admitting) return;
    this.#admitting = true;
    try {
      while (this.#inside < this.#limits.total) {
        const lane = this.#ring.first?.value.ready.first;
        if (lane === undefined) return;
        if (lane.reserved || this.#roomAt(lane.place) > 0) this.#grant(lane);
        else this.#park(lane);
      }
    } finally {
      this.#admitting = false;
    }
  }

  #grant(lane: Lane): void {
    const { owner, place } = lane;
    const node = lane.waiters.first;
    if (node === undefined) throw new Error('unreachable: a lane without waiters is dropped');
    this.#leaveRing(owner);
    this.#inside += 1;
    this.#waiting -= 1;
    owner.inside += 1;
    place.inside += 1;
    lane.inside += 1;
    this.#withChange(lane, () => {
      this.#giveUpReservation(lane);
      lane.waiters.remove(node);
    });
    if (lane.waiters.first === undefined) this.#standDown(lane);
    if (owner.inside < this.#limits.perOwner) this.#joinRing(owner);
    else this.#handOver(owner);
    node.value.granted = true;
    node.value.onGranted(this.#releaseOf(lane));
  }

  #releaseOf(lane: Lane): Release {
    const { owner, place } = lane;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#inside -= 1;
      owner.inside -= 1;
      place.inside -= 1;
      lane.inside -= 1;
      this.#joinRing(owner);
      this.#wake(place);
      this.#placeLane(lane);
      this.#forget(lane);
      this.#admit();
    };
  }

  /** An owner at its limit cannot use the room that is reserved for it: others may. */
  #handOver({ ready }: Owner): void {
    for (let lane = ready.first; lane?.reserved === true; lane = ready.first) {
      const reserved = lane;
      this.#withChange(reserved, () => this.#giveUpReservation(reserved));
      this.#wake(reserved.place);
    }
  }

  /** Gives the free room of a place to the lanes that are parked there. */
  #wake(place: Place): void {
    for (let node = place.parked.first; node !== undefined; node = place.parked.first) {
      if (this.#roomAt(place) <= 0) return;
      const lane = node.value;
      place.parked.remove(node);
      lane.parked = undefined;
      // The lane of an owner at its limit waits for its owner, and no longer for the place.
      if (lane.owner.inside < this.#limits.perOwner) {
        lane.reserved = true;
        place.reserved += 1;
      }
      lane.owner.ready.add(lane);
      this.#joinRing(lane.owner);
    }
  }

  /** Room at the place that is not reserved for a lane which woke. */
  #roomAt({ inside, reserved }: Place): number {
    return this.#limits.perPlace - inside - reserved;
  }

  /** Where a lane begins that got its first waiter, or is no longer at its share; another one stays where it is. */
  #placeLane(lane: Lane): void {
    if (!this.#mayGo(lane) || isReady(lane) || lane.parked !== undefined) return;
    if (this.#roomAt(lane.place) <= 0) {
      lane.parked = lane.place.parked.append(lane);
      return;
    }
    lane.owner.ready.add(lane);
    this.#joinRing(lane.owner);
  }

  /** Whether a lane has anybody to let in, and its owner less than its share of the place. */
  #mayGo({ waiters, inside }: Lane): boolean {
    return waiters.first !== undefined && inside < this.#limits.perOwnerAtPlace;
  }

  #park(lane: Lane): void {
    lane.owner.ready.remove(lane);
    lane.parked = lane.place.parked.append(lane);
    if (lane.owner.ready.first === undefined) this.#leaveRing(lane.owner);
  }

  /** Changes what a lane's order among the ready ones rests on. */
  #withChange(lane: Lane, change: () => void): void {
    const wasReady = isReady(lane);
    if (wasReady) lane.owner.ready.remove(lane);
    change();
    if (wasReady && this.#mayGo(lane)) lane.owner.ready.add(lane);
  }

  #giveUpReservation(lane: Lane): void {
    if (!lane.reserved) return;
    lane.reserved = false;
    lane.place.reserved -= 1;
  }

  /** Takes nothing and keeps nothing for a lane without waiters, which is among the ready ones no longer. */
  #standDown(lane: Lane): void {
    const { owner, place, parked } = lane;
    if (parked !== undefined) place.parked.remove(parked);
    lane.parked = undefined;
    this.#giveUpReservation(lane);
    if (owner.ready.first === undefined) this.#leaveRing(owner);
    this.#wake(place);
    this.#forget(lane);
  }

  #joinRing(owner: Owner): void {
    if (owner.turn !== undefined || owner.inside >= this.#limits.perOwner) return;
    if (owner.ready.first !== undefined) owner.turn = this.#ring.append(owner);
  }

  #leaveRing(owner: Owner): void {
    if (owner.turn !== undefined) this.#ring.remove(owner.turn);
    owner.turn = undefined;
  }

  #laneOf(claim: Claim): Lane {
    const owner = this.#owners.get(claim.owner) ?? createOwner(claim.owner);
    const place = this.#places.get(claim.place) ?? createPlace(claim.place);
    this.#owners.set(owner.key, owner);
    this.#places.set(place.key, place);
    const existing = owner.lanes.get(place.key);
    if (existing !== undefined) return existing;
    const lane = createLane(owner, place);
    owner.lanes.set(place.key, lane);
    place.lanes += 1;
    return lane;
  }

  /** Keeps nothing of a lane that has nobody inside and nobody waiting, nor of its owner and its place if it was their last. */
  #forget({ owner, place, inside, waiters }: Lane): void {
    if (inside > 0 || waiters.first !== undefined) return;
    owner.lanes.delete(place.key);
    place.lanes -= 1;
    if (owner.lanes.size === 0) this.#owners.delete(owner.key);
    if (place.lanes === 0) this.#places.delete(place.key);
  }
}

/** Makes an empty gate. Throws a RangeError unless every limit is at least 1; those of a place may be absent. */
export function createFairGate(limits: FairGateLimits): FairGate {
  const complete = {
    perPlace: Number.POSITIVE_INFINITY,
    perOwnerAtPlace: Number.POSITIVE_INFINITY,
    ...limits,
  };
  for (const [name, limit] of Object.entries(complete)) {
    if (!(limit >= 1))
      throw new RangeError(`The limit "${name}" of a gate must be at least 1, not ${limit}.`);
  }
  return new Gate(complete);
}
