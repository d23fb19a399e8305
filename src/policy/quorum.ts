/**
 * How many of the remote perspectives may fail to corroborate: the table of the Baseline Requirements, section 3.2.2.9, which
 * begins at two. Below it none may differ.
 */
export function allowedToDiffer(remotes: number): number {
  if (remotes < 2) return 0;
  return remotes < 6 ? 1 : 2;
}

/** What the remote perspectives come to together. */
export interface QuorumDecision {
  readonly corroborated: boolean;
  /** How many failed to corroborate, and how many were allowed to. */
  readonly failed: number;
  readonly allowed: number;
}

/** Counts the remote perspectives, each true when it corroborates; the primary one, which passed, is not among them. */
export function decideQuorum(corroborating: readonly boolean[]): QuorumDecision {
  const allowed = allowedToDiffer(corroborating.length);
  const failed = corroborating.filter((corroborates) => !corroborates).length;
  return { corroborated: failed <= allowed, failed, allowed };
}
