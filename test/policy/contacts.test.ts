import { describe, expect, test } from 'vitest';
import { checkContacts } from '../../src/policy/contacts.ts';

function outcome(contact: string, requirePublicSuffix = false): string {
  const result = checkContacts([contact], { requirePublicSuffix });
  return result.ok ? 'accepted' : result.refusal.code;
}

const CONTACTS: readonly (readonly [contact: string, outcome: string, why: string])[] = [
  ['mailto:admin@example.com', 'accepted', 'an ordinary address'],
  ['MAILTO:Admin@Example.com', 'accepted', 'schemes have no case'],
  ['mailto:a.b+c@sub.example.com', 'accepted', 'a tag'],
  ['mailto:admin@localhost', 'accepted', 'a lab domain'],
  ['mailto:a%2Bb@example.com', 'accepted', 'percent-encoding (RFC 6068 section 2)'],
  ['tel:+15551234567', 'unsupportedContact', 'another scheme'],
  ['https://example.com', 'unsupportedContact', 'another scheme'],
  ['admin@example.com', 'invalidContact', 'no URL'],
  ['', 'invalidContact', 'empty'],
  ['mailto:', 'invalidContact', 'no address'],
  ['mailto:admin@example.com?subject=x', 'invalidContact', 'header fields'],
  ['mailto:?to=admin@example.com', 'invalidContact', 'an address in a header field'],
  ['mailto:admin@example.com#x', 'invalidContact', 'a fragment'],
  ['mailto:a@example.com,b@example.com', 'invalidContact', 'two addresses'],
  ['mailto:a@example.com%2Cb@example.com', 'invalidContact', 'two addresses, encoded'],
  ['mailto:a@b@example.com', 'invalidContact', 'two at signs'],
  ['mailto:@example.com', 'invalidContact', 'no local part'],
  ['mailto:admin', 'invalidContact', 'no domain'],
  ['mailto:admin@', 'invalidContact', 'an empty domain'],
  ['mailto:a..b@example.com', 'invalidContact', 'two dots in a row'],
  ['mailto:"a b"@example.com', 'invalidContact', 'a quoted local part'],
  ['mailto: a@example.com', 'invalidContact', 'a space'],
  ['mailto:a@exa%0D%0Ample.com', 'invalidContact', 'a line break, encoded'],
  ['mailto:a%ZZ@example.com', 'invalidContact', 'broken percent-encoding'],
  ['mailto:jürgen@example.com', 'invalidContact', 'not ASCII'],
  ['mailto:j%C3%BCrgen@example.com', 'invalidContact', 'not ASCII, encoded'],
  ['mailto:a@ex_ample.com', 'invalidContact', 'a domain that cannot be'],
  ['mailto:a@*.example.com', 'invalidContact', 'a wildcard'],
  ['mailto:a@192.0.2.1', 'invalidContact', 'an address as domain'],
  [`mailto:${'a'.repeat(65)}@example.com`, 'invalidContact', 'a local part of 65 characters'],
];

describe('a contact', () => {
  test.each(CONTACTS)('%j: %s (%s)', (contact, expected) => {
    expect(outcome(contact)).toBe(expected);
  });

  test.each(['192.0.2.1', '[192.0.2.1]', '[2001:db8::1]'])(
    'at the address %s is asked for a name',
    (domain) => {
      const result = checkContacts([`mailto:a@${domain}`]);
      expect(result.ok ? '' : result.refusal.detail).toBe(
        `The contact "mailto:a@${domain}" has an IP address in place of a domain; write a domain name.`,
      );
    },
  );

  test('needs a public domain where names do', () => {
    expect(outcome('mailto:admin@localhost', true)).toBe('invalidContact');
    expect(outcome('mailto:admin@example.com', true)).toBe('accepted');
  });
});

test('at most ten contacts', () => {
  const contacts = Array.from({ length: 11 }, (_, index) => `mailto:a${index}@example.com`);
  expect(checkContacts(contacts.slice(1))).toEqual({ ok: true, value: contacts.slice(1) });
  const result = checkContacts(contacts);
  expect(result.ok ? 'accepted' : result.refusal.code).toBe('malformed');
});

test('no contact is fine', () => {
  expect(checkContacts([])).toEqual({ ok: true, value: [] });
});
