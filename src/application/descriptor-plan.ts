/** How many file descriptors each part of the server may take, so that none takes another's. */
export interface DescriptorPlan {
  /** Connections to the ACME port, and to the publication port. */
  readonly acme: number;
  readonly publication: number;
  /** Connections to validated hosts: `validation.maxDials`, or less where the limit is low. */
  readonly dials: number;
  /** Set where a low limit of the process takes something away. */
  readonly warning?: string;
}

const MOST_ACME_CONNECTIONS = 10_000;
const MOST_PUBLICATION_CONNECTIONS = 1_000;
/** Databases, keys, the log, listening sockets, DNS (a few sockets, and TCP where answers are long), Node.js itself. */
const KEPT_BACK = 128;
const FEWEST_CONNECTIONS = 16;
/** With less, ordinary numbers of clients could meet a full server. */
const AMPLE_CONNECTIONS = 500;

/**
 * Divides what the operating system lets the process open (undefined: as much as it likes). Dials and the server's own
 * files come first: a connection that is not accepted can be made again, and a dial without a descriptor fails an order.
 */
export function planDescriptors(limit: number | undefined, maxDials: number): DescriptorPlan {
  if (limit === undefined)
    return { acme: MOST_ACME_CONNECTIONS, publication: MOST_PUBLICATION_CONNECTIONS, dials: maxDials };
  const dials = Math.max(1, Math.min(maxDials, Math.floor(limit / 4)));
  const left = Math.max(2 * FEWEST_CONNECTIONS, limit - KEPT_BACK - dials);
  const publication = Math.min(
    MOST_PUBLICATION_CONNECTIONS,
    Math.max(FEWEST_CONNECTIONS, Math.floor(left / 10)),
  );
  const acme = Math.min(MOST_ACME_CONNECTIONS, left - publication);
  if (acme >= AMPLE_CONNECTIONS && dials === maxDials) return { acme, publication, dials };
  const fewerDials = dials === maxDials ? '' : ` and dials ${dials} hosts at once instead of ${maxDials}`;
  const warning =
    `This process may have no more than ${limit} files open, so the server takes ${acme} connections at once` +
    `${fewerDials}. Raise the limit before the start, for instance with: ulimit -n 65536`;
  return { acme, publication, dials, warning };
}
