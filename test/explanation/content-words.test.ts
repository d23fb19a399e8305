import { describe, expect, test } from 'vitest';
import { contentDifference } from '../../src/explanation/content-words.ts';
import { printable } from '../../src/validation/printable.ts';
import { KEY_AUTHORIZATION, TOKEN } from '../support/validation-lab.ts';

const THUMBPRINT = KEY_AUTHORIZATION.slice(TOKEN.length + 1);
const OTHER_THUMBPRINT = 'LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ';
const OTHER_TOKEN = 'DGyRejmCefe7v4NfDGDKfA0aBvvLbLsRMPmPNE0gXWM';

describe('a body that is not the key authorization', () => {
  test.each([
    ['', 'it is empty'],
    [`\ufeff${KEY_AUTHORIZATION}`, 'it begins with a byte order mark (EF BB BF)'],
    ['<html></html>', "it is a page of a web site, and not the ACME client's file"],
    ['\r\n <!DOCTYPE html>', "it is a page of a web site, and not the ACME client's file"],
    [`${KEY_AUTHORIZATION}\nmore`, 'it is right, but more text follows'],
    [` \n${KEY_AUTHORIZATION}\n`, 'it is right, but white space stands in front'],
    [`"${KEY_AUTHORIZATION}"`, 'it is right, but stands in quotation marks'],
    [KEY_AUTHORIZATION.toLowerCase(), 'it differs in upper and lower case (from byte 4 on)'],
    [TOKEN, "it is the token alone: a dot and the thumbprint of the account's key are missing"],
    [`${TOKEN}.\n`, "it is the token alone: a dot and the thumbprint of the account's key are missing"],
    [KEY_AUTHORIZATION.slice(0, 60), 'it is right, but ends after 60 bytes'],
    [
      `${TOKEN}.${OTHER_THUMBPRINT}\n`,
      "its token is right, but behind it (from byte 45 on) is the thumbprint of another account's key",
    ],
    [
      `${OTHER_TOKEN}.${THUMBPRINT}`,
      "it ends with this account's thumbprint, but begins with another challenge's token",
    ],
    [
      `${OTHER_TOKEN}.${OTHER_THUMBPRINT}`,
      "it is a key authorization, of another challenge and another account's key",
    ],
    [`${KEY_AUTHORIZATION.slice(0, 80)}???`, 'it differs from byte 81 on'],
    ['It works!', 'it differs from the first byte on'],
  ])('%j: %s', (body, words) => {
    expect(contentDifference(KEY_AUTHORIZATION, printable(Buffer.from(body)))?.words).toBe(words);
  });
});

test('where no key authorization was expected nothing is said', () => {
  expect(contentDifference('touchstone.test; accounturi=x', 'other.test')).toBeUndefined();
});
