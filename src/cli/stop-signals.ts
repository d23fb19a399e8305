/** The wish to stop, from outside or from a fatal failure. */
export interface StopSignals {
  /** Resolves at the first SIGINT, SIGTERM or SIGHUP; rejects when `fail` is called before. */
  readonly received: Promise<void>;
  fail(error: Error): void;
  /** Gives the signals back to their defaults. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A terminal's Ctrl-C reaches npm and the server, and npm passes it on: the same wish may arrive twice at once. */
const SAME_WISH_MS = 1000;

/**
 * Listens for signals. The first asks for a clean stop; a further one after a second ends the process at once, for a
 * person who does not want to wait for requests in flight.
 */
export function stopSignals(): StopSignals {
  let settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  const received = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A signal during the start is looked at later; until then a rejection is not unhandled.
  received.catch(() => {});
  let firstAt: bigint | undefined;
  const onSignal = (): void => {
    const now = process.hrtime.bigint();
    if (firstAt !== undefined && now - firstAt > BigInt(SAME_WISH_MS) * 1_000_000n) process.exit(1);
    firstAt ??= now;
    settle?.resolve();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    received,
    fail: (error) => settle?.reject(error),
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
