import { PortInUseError } from '../runtime/listen-errors.ts';
import { listen } from '../runtime/listener.ts';
import type { Timer } from '../runtime/timer.ts';
import type { Configuration } from './configuration.ts';
import type { BusyPort } from './listen-by-settings.ts';
import { BusyPortError, refuseAddress } from './listen-by-settings.ts';

/**
 * Tries the configured ports and gives them free again, so that a start that cannot listen makes nothing first, and says
 * all at once what is taken. Throws BusyPortError, or ConfigurationError for addresses and privileges.
 */
export async function requireFreePorts(config: Configuration, timer: Timer): Promise<void> {
  const busy: BusyPort[] = [];
  for (const [setting, port] of [
    ['acme.port', config.acme.port],
    ['publication.port', config.publication.port],
  ] as const) {
    // 0 picks a free one when it is listened on.
    if (port === 0) continue;
    const cause = await tryPort(config, port, timer).catch((error: unknown) =>
      error instanceof PortInUseError ? error : refuseAddress(setting, error),
    );
    if (cause !== undefined) busy.push({ setting, cause });
  }
  const [first, ...others] = busy;
  if (first !== undefined) throw new BusyPortError([first, ...others]);
}

async function tryPort({ acme }: Configuration, port: number, timer: Timer): Promise<undefined> {
  const listener = await listen({
    addresses: acme.addresses,
    port,
    handler: (_request, response) => response.destroy(),
    answerParserRefusal: ({ status }) => ({ status, reasonPhrase: '', headers: {}, body: '' }),
    onError: () => undefined,
    timer,
  });
  await listener.close(0);
}
