/** `order` is newOrder; `authorization` every request that reads one. */
export type GateKind = 'order' | 'authorization';

export interface OrderGate {
  /** Runs the request when none of the other kind is under way; those of one kind run side by side. */
  run<T>(kind: GateKind, request: () => Promise<T>): Promise<T>;
}

/** Keeps nothing apart. */
export const openGate: OrderGate = { run: (_kind, request) => request() };

/**
 * Keeps newOrder and authorization requests of all clients apart, since Pebble 2.4 may lock up for good when two such requests
 * meet; so that the program is the same for every server, all of them are spared. Kinds take turns: who waits is let in
 * before newcomers of the kind that is running.
 */
export function createOrderGate(): OrderGate {
  const waiting: { readonly kind: GateKind; readonly enter: () => void }[] = [];
  let running: GateKind | undefined;
  let count = 0;
  const admit = (): void => {
    const next = waiting[0]?.kind;
    if (next === undefined || count > 0) return;
    const admitted = waiting.filter(({ kind }) => kind === next);
    const rest = waiting.filter(({ kind }) => kind !== next);
    waiting.splice(0, waiting.length, ...rest);
    running = next;
    count = admitted.length;
    for (const { enter } of admitted) enter();
  };
  const enter = (kind: GateKind): Promise<void> | undefined => {
    if (count === 0 || (running === kind && waiting.length === 0)) {
      running = kind;
      count += 1;
      return undefined;
    }
    return new Promise((resolve) => waiting.push({ kind, enter: resolve }));
  };
  return {
    async run(kind, request) {
      await enter(kind);
      try {
        return await request();
      } finally {
        count -= 1;
        admit();
      }
    },
  };
}
