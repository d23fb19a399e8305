import type { Randomness } from '../runtime/randomness.ts';

const SERIAL_BYTES = 18;

/**
 * A random serial number of 18 octets, positive and without a leading zero, so that hex and DER have the same octets; 142 of
 * its bits are random (Baseline Requirements section 7.1.2.7 wants 64).
 */
export function randomSerial(randomness: Randomness): Uint8Array {
  const serial = Uint8Array.from(randomness.bytes(SERIAL_BYTES));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}
