import { expect, test } from 'vitest';
import { Nonces } from '../../src/http/acme/nonces.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';

test('a nonce is redeemed once, whatever the order', () => {
  const nonces = new Nonces(systemRandomness);
  const issued = Array.from({ length: 100 }, () => nonces.issue());
  expect(new Set(issued).size).toBe(100);
  for (const nonce of issued.toReversed()) expect(nonces.redeem(nonce)).toBe(true);
  for (const nonce of issued) expect(nonces.redeem(nonce)).toBe(false);
});

test('a nonce is base64url without padding (RFC 8555 section 6.5.1)', () => {
  expect(new Nonces(systemRandomness).issue()).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

test('a nonce of another process, or from before a restart, is refused', () => {
  const before = new Nonces(systemRandomness);
  const after = new Nonces(systemRandomness);
  after.issue();
  expect(after.redeem(before.issue())).toBe(false);
});

test.each([
  ['nothing', ''],
  ['a short text', 'abc'],
  ['noise', 'AAAAAAAAAAAAAAAAAAAAAA'],
  ['a long text', 'A'.repeat(1000)],
  ['foreign characters', '!!!!!!!!!!!!!!!!!!!!!!'],
])('%s is refused', (_what, text) => {
  const nonces = new Nonces(systemRandomness);
  nonces.issue();
  expect(nonces.redeem(text)).toBe(false);
});

test('a second spelling of a nonce is refused: the spare bits of its last character are zero', () => {
  const nonces = new Nonces(systemRandomness);
  const nonce = nonces.issue();
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(nonce.slice(-1));
  const twin = nonce.slice(0, -1) + alphabet.charAt(last + 1);
  expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(nonce, 'base64url'));
  expect(nonces.redeem(twin)).toBe(false);
  expect(nonces.redeem(nonce)).toBe(true);
});

test('a nonce that a million others followed is refused, used or not, and its slot serves a new one', () => {
  const nonces = new Nonces(systemRandomness);
  const unused = nonces.issue();
  const used = nonces.issue();
  expect(nonces.redeem(used)).toBe(true);
  for (let count = 0; count < 2 ** 20 - 2; count += 1) nonces.issue();
  expect(nonces.redeem(used)).toBe(false);
  const inTheSlotOfUnused = nonces.issue();
  expect(nonces.redeem(unused)).toBe(false);
  const inTheSlotOfUsed = nonces.issue();
  expect(nonces.redeem(used)).toBe(false);
  expect(nonces.redeem(inTheSlotOfUsed)).toBe(true);
  expect(nonces.redeem(inTheSlotOfUnused)).toBe(true);
});
