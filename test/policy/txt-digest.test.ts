import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { nearestTxt } from '../../src/policy/txt-digest.ts';

const TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';
const KEY_AUTHORIZATION = `${TOKEN}.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI`;
const sha256 = createHash('sha256').update(KEY_AUTHORIZATION).digest();
const digest = sha256.toString('base64url');
const EXPECTED = { digest, keyAuthorization: KEY_AUTHORIZATION, token: TOKEN };

test.each([
  [`"${digest}"`, 'quoted'],
  [`'${digest}'`, 'quoted'],
  [`\\"${digest}\\"`, 'quoted'],
  [` ${digest}`, 'surrounded'],
  [`${digest}\n`, 'surrounded'],
  [`_acme-challenge.a.test. IN TXT ${digest}`, 'surrounded'],
  [`${digest}=`, 'base64'],
  [sha256.toString('base64'), 'base64'],
  [sha256.toString('hex'), 'hexadecimal'],
  [sha256.toString('hex').toUpperCase(), 'hexadecimal'],
  [digest.toLowerCase(), 'letter-case'],
  [digest.slice(0, 42), 'cut-short'],
  [digest.slice(0, 16), 'cut-short'],
  [digest.slice(0, 15), undefined],
  [KEY_AUTHORIZATION, 'key-authorization'],
  [`"${KEY_AUTHORIZATION}"`, 'key-authorization'],
  [`${'x'.repeat(43)}.${'y'.repeat(43)}`, 'key-authorization'],
  [TOKEN, 'token'],
  [createHash('sha256').update('another').digest('base64url'), 'other-digest'],
  ['v=spf1 -all', undefined],
  ['', undefined],
])('%j: %s', (value, cause) => {
  expect(nearestTxt([value], EXPECTED)).toEqual(cause === undefined ? { value } : { value, cause });
  expect(nearestTxt(['v=spf1 -all', value, 'x'], EXPECTED).value).toBe(
    cause === undefined ? 'v=spf1 -all' : value,
  );
});

test.each([' ', '\t', '"', "'", '\\', '='])('64 kB of %j inside a value are judged at once', (character) => {
  const run = character.repeat(65_000);
  const startedAt = performance.now();
  for (const value of [`x${run}x`, run, `${run}x`, `x${run}`])
    expect(nearestTxt([value], EXPECTED)).toEqual({ value });
  expect(performance.now() - startedAt).toBeLessThan(200);
});

test('of several mistakes the more telling one is told', () => {
  const other = createHash('sha256').update('another').digest('base64url');
  expect(nearestTxt([other, `"${digest}"`], EXPECTED).cause).toBe('quoted');
  expect(nearestTxt([other, KEY_AUTHORIZATION], EXPECTED).cause).toBe('key-authorization');
});
