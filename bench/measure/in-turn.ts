/** The items as they come in even rounds, and the other way round in odd ones: none is always the first. */
export function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? items : items.toReversed();
}
