import type { Channel, ChannelOptions } from './channel.ts';
import { openHttpsChannel } from './https-channel.ts';
import { openRawChannel } from './raw-channel.ts';

/** Connects at the first request. */
export function openChannel(options: ChannelOptions): Channel {
  return options.transport === 'raw' ? openRawChannel(options) : openHttpsChannel(options);
}
