import { obstacleToOwnAddress } from '../runtime/own-address.ts';
import type { PerspectiveConfig } from '../validation/perspectives-config.ts';

const SOURCE_KEYS = ['sourceIpv4', 'sourceIpv6'] as const;

/** What a person should know of the perspectives' source addresses that this host does not have (yet). */
export async function sourceAddressWarnings(
  perspectives: readonly PerspectiveConfig[],
): Promise<readonly string[]> {
  const found = await Promise.all(
    perspectives.flatMap((perspective) => SOURCE_KEYS.map((key) => warningAbout(perspective, key))),
  );
  return found.filter((warning) => warning !== undefined);
}

async function warningAbout(
  perspective: PerspectiveConfig,
  key: (typeof SOURCE_KEYS)[number],
): Promise<string | undefined> {
  const address = perspective[key];
  if (address === undefined) return undefined;
  const code = await obstacleToOwnAddress(address);
  return code === undefined
    ? undefined
    : `this host cannot send from ${address} (${code}), so the perspective ${perspective.name} corroborates nothing: give it an address of this host by ${key} in validation.perspectives.`;
}
