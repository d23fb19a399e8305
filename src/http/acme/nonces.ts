import type { Cipher, Decipher } from 'node:crypto';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Randomness } from '../../runtime/randomness.ts';

const BLOCK_BYTES = 16;
const NONCE_CHARACTERS = 22;
const WINDOW = 2 ** 20;

/**
 * Replay nonces (RFC 8555 section 6.5) that need no storage: a counter, sealed as one AES block under a key of this
 * process, and a bitmap of the redeemed ones among the newest million. A nonce of another process, or from before a
 * restart, does not open; one that a million others followed has left the window. Both are refused, so that none is
 * ever accepted twice.
 */
export class Nonces {
  readonly #seal: Cipher;
  readonly #open: Decipher;
  readonly #redeemed = new Uint8Array(WINDOW / 8);
  #issued = 0;

  /** The randomness gives the key; it must not repeat after a restart, or redeemed nonces would open again. */
  constructor(randomness: Randomness) {
    const key = randomness.bytes(BLOCK_BYTES);
    // ECB is the bare block permutation; every block is different, because the counter is.
    this.#seal = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#open = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  /** A fresh nonce: 22 characters of base64url. */
  issue(): string {
    this.#issued += 1;
    this.#clear(this.#issued);
    const block = Buffer.alloc(BLOCK_BYTES);
    block.writeUIntBE(this.#issued, BLOCK_BYTES - 6, 6);
    return this.#seal.update(block).toString('base64url');
  }

  /** Uses the nonce up. True once for each nonce that was issued; false for anything else, and every time after. */
  redeem(nonce: string): boolean {
    const number = this.#numberOf(nonce);
    if (number === undefined || number > this.#issued || number <= this.#issued - WINDOW) return false;
    const { index, bit } = slotOf(number);
    const byte = this.#redeemed[index] ?? 0;
    if ((byte & bit) !== 0) return false;
    this.#redeemed[index] = byte | bit;
    return true;
  }

  #numberOf(nonce: string): number | undefined {
    if (nonce.length !== NONCE_CHARACTERS) return undefined;
    const sealed = Buffer.from(nonce, 'base64url');
    // One spelling for each nonce: base64url leaves spare bits at the end, and Node skips foreign characters.
    if (sealed.length !== BLOCK_BYTES || sealed.toString('base64url') !== nonce) return undefined;
    const block = this.#open.update(sealed);
    // A guess opens to noise; ours begin with ten zero bytes.
    const isOurs = block.readUIntBE(0, 6) === 0 && block.readUIntBE(4, 6) === 0;
    const number = block.readUIntBE(BLOCK_BYTES - 6, 6);
    return isOurs && number > 0 ? number : undefined;
  }

  #clear(number: number): void {
    const { index, bit } = slotOf(number);
    this.#redeemed[index] = (this.#redeemed[index] ?? 0) & ~bit;
  }
}

function slotOf(number: number): { readonly index: number; readonly bit: number } {
  const slot = number % WINDOW;
  return { index: slot >> 3, bit: 1 << (slot & 7) };
}
