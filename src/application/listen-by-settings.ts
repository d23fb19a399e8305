import { CannotListenError, PortInUseError } from '../runtime/listen-errors.ts';
import type { Listener, ListenOptions } from '../runtime/listener.ts';
import { listen } from '../runtime/listener.ts';
import { ConfigurationError } from './configuration-error.ts';

type PortSetting = 'acme.port' | 'publication.port';

/** The port is taken; the message says which setting chooses another. */
export class BusyPortError extends PortInUseError {
  constructor(setting: PortSetting, cause: PortInUseError) {
    super(cause.address, cause.port, { cause });
    this.name = 'BusyPortError';
    const other = setting === 'acme.port' ? 'publication.port' : 'acme.port';
    this.message =
      `port ${cause.port} is in use on ${cause.address}: another program listens there. Stop it, or choose another port with ` +
      `--set ${setting}=N (beside another Touchstone also --set ${other}=M).`;
  }
}

/** `listen`, whose errors name the settings: BusyPortError for the port, ConfigurationError for addresses and privileges. */
export async function listenBySettings(setting: PortSetting, options: ListenOptions): Promise<Listener> {
  try {
    return await listen(options);
  } catch (error) {
    if (error instanceof PortInUseError) throw new BusyPortError(setting, error);
    if (!(error instanceof CannotListenError)) throw error;
    throw new ConfigurationError([
      `${error.code === 'EACCES' ? setting : 'acme.addresses'}: ${error.message}`,
    ]);
  }
}
