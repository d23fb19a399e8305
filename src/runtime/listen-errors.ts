/** Another program listens where we wanted to. `address` is the literal IPv4 or IPv6 address. */
export class PortInUseError extends Error {
  readonly address: string;
  readonly port: number;

  constructor(address: string, port: number, options?: ErrorOptions) {
    super(
      `port ${port} is in use on ${address}: another program listens there. Stop it, or choose another port.`,
      options,
    );
    this.name = 'PortInUseError';
    this.address = address;
    this.port = port;
  }
}

/** An address could not be listened on for another reason; `code` is the operating system's, for instance `EACCES`. */
export class CannotListenError extends Error {
  readonly address: string;
  readonly port: number;
  readonly code: string;

  constructor(address: string, port: number, code: string, options?: ErrorOptions) {
    super(
      `cannot listen on ${address}${port === 0 ? '' : `, port ${port}`} (${code}): ${reasonFor(code, address)}`,
      options,
    );
    this.name = 'CannotListenError';
    this.address = address;
    this.port = port;
    this.code = code;
  }
}

/** What a host without the address's family, or without the address itself, answers. */
const MISSING_CODES: readonly string[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/** True when the host does not have the address at all. */
export function isMissingAddress(error: unknown): error is CannotListenError {
  return error instanceof CannotListenError && MISSING_CODES.includes(error.code);
}

/** The addresses that stand for all of a family, which any host has that has the family. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

function reasonFor(code: string, address: string): string {
  if (MISSING_CODES.includes(code))
    return WILDCARDS.includes(address)
      ? 'this host does not have that address family. Enable it, or leave the address out.'
      : 'this host does not have that address.';
  if (code === 'EACCES')
    return 'ports below 1024 need a privilege. Choose a higher one, or grant the privilege.';
  return 'the operating system refused it.';
}
