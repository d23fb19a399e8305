import { expect, test } from 'vitest';
import { createKeyCache } from '../../src/jws/key-cache.ts';
import { importPublicKey } from '../../src/jws/public-key.ts';
import { generateAccountKey } from '../../src/jws/sign.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { parseId } from '../../src/protocol/ids.ts';

const imported = importPublicKey((await generateAccountKey()).jwk);
if (!imported.ok) throw new Error(imported.refusal.detail);
const key = imported.value;

function account(number: number): AccountId {
  const id = parseId('acct', `acct_${number}`);
  if (id === undefined) throw new Error('no id');
  return id;
}

test('gives back what was put in, and nothing for other accounts', () => {
  const cache = createKeyCache(2);
  cache.put(account(1), key);
  expect(cache.get(account(1))).toBe(key);
  expect(cache.get(account(2))).toBeUndefined();
});

test('drops the key that was unused for longest', () => {
  const cache = createKeyCache(2);
  cache.put(account(1), key);
  cache.put(account(2), key);
  cache.get(account(1));
  cache.put(account(3), key);
  expect([1, 2, 3].map((number) => cache.get(account(number)) !== undefined)).toEqual([true, false, true]);
});

test('putting a key again takes no second place', () => {
  const cache = createKeyCache(2);
  cache.put(account(1), key);
  cache.put(account(2), key);
  cache.put(account(2), key);
  expect(cache.get(account(1))).toBe(key);
});

test('needs a capacity of at least one', () => {
  expect(() => createKeyCache(0)).toThrow(/capacity/);
});
