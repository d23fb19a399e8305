import type { HeapItem } from './indexed-heap.ts';
import { IndexedHeap } from './indexed-heap.ts';
import type { ListNode } from './linked-list.ts';
import { LinkedList } from './linked-list.ts';

/**
 * The lanes of a fair gate, with the owner and the place that each leads from and to; `fair-gate.ts` says how they hang
 * together. The three point at each other, so they are one file.
 */
type Key = string | number;

export interface Waiter {
  /** Counts arrivals: the smaller came first. */
  readonly number: number;
  readonly onGranted: (release: () => void) => void;
  granted: boolean;
}

/**
 * Those of one owner for one place, first come first served. With waiters it is among the owner's ready lanes or parked,
 * unless its owner has its share of the place.
 */
export interface Lane extends HeapItem {
  readonly owner: Owner;
  readonly place: Place;
  readonly waiters: LinkedList<Waiter>;
  inside: number;
  /** True while room at the place is kept for this lane alone. */
  reserved: boolean;
  /** Where it is parked, if it is. */
  parked: ListNode<Lane> | undefined;
}

export interface Owner {
  readonly key: Key;
  inside: number;
  readonly lanes: Map<Key | undefined, Lane>;
  /** The lanes that may go, as far as is known: those with reserved room first, then by arrival. */
  readonly ready: IndexedHeap<Lane>;
  /** Its turn among the owners, while it is below its limit and has a ready lane. */
  turn: ListNode<Owner> | undefined;
}

export interface Place {
  readonly key: Key | undefined;
  inside: number;
  reserved: number;
  /** How many lanes lead here, those included that only have somebody inside. */
  lanes: number;
  /** Lanes that wait for room here, in the order in which they found none. */
  readonly parked: LinkedList<Lane>;
}

export function createOwner(key: Key): Owner {
  return { key, inside: 0, lanes: new Map(), ready: new IndexedHeap(goesBefore), turn: undefined };
}

export function createPlace(key: Key | undefined): Place {
  return { key, inside: 0, reserved: 0, lanes: 0, parked: new LinkedList() };
}

/** A lane without anybody, which is nowhere yet. */
export function createLane(owner: Owner, place: Place): Lane {
  return {
    owner,
    place,
    waiters: new LinkedList(),
    inside: 0,
    reserved: false,
    parked: undefined,
    heapIndex: -1,
  };
}

/** Whether it is among its owner's ready lanes. */
export function isReady({ heapIndex }: Lane): boolean {
  return heapIndex >= 0;
}

function goesBefore(a: Lane, b: Lane): boolean {
  if (a.reserved !== b.reserved) return a.reserved;
  return arrivalOf(a) < arrivalOf(b);
}

function arrivalOf({ waiters }: Lane): number {
  return waiters.first?.value.number ?? 0;
}
