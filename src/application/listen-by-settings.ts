import { CannotListenError, isMissingAddress, PortInUseError } from '../runtime/listen-errors.ts';
import type { Listener, ListenOptions } from '../runtime/listener.ts';
import { listen } from '../runtime/listener.ts';
import { ConfigurationError } from './configuration-error.ts';

type PortSetting = 'acme.port' | 'publication.port';

/** A configured port that is taken. */
export interface BusyPort {
  readonly setting: PortSetting;
  readonly cause: PortInUseError;
}

/** Ports are taken; the message names them all, and has a line to paste that chooses others. */
export class BusyPortError extends PortInUseError {
  constructor(busy: readonly [BusyPort, ...BusyPort[]]) {
    const [{ cause }] = busy;
    super(cause.address, cause.port, { cause });
    this.name = 'BusyPortError';
    const taken = busy
      .map(({ setting, cause: { address, port } }) => `port ${port} is in use on ${address} (${setting})`)
      .join(', and ');
    const free = busy.map(({ setting }) => `--set ${setting}=0`).join(' ');
    this.message =
      `${taken}: another program listens there. Stop it, or choose other ports, 0 for any free one, by adding to the command:\n` +
      `  ${free}`;
  }
}

/** `listen`, whose errors name the settings: BusyPortError for the port, ConfigurationError for addresses and privileges. */
export async function listenBySettings(setting: PortSetting, options: ListenOptions): Promise<Listener> {
  try {
    return await listen(options);
  } catch (error) {
    if (error instanceof PortInUseError) throw new BusyPortError([{ setting, cause: error }]);
    return refuseAddress(setting, error);
  }
}

/** Throws a ConfigurationError for what cannot be listened on, and any other error as it is. */
export function refuseAddress(setting: PortSetting, error: unknown): never {
  if (!(error instanceof CannotListenError)) throw error;
  if (error.code === 'EACCES') throw new ConfigurationError([`${setting}: ${error.message}`]);
  const way = isMissingAddress(error) ? ' Say which to listen on with --set acme.addresses=ADDR[,ADDR].' : '';
  throw new ConfigurationError([`acme.addresses: ${error.message}${way}`]);
}
