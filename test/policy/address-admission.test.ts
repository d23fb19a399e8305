import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AddressSettings } from '../../src/policy/address-admission.ts';
import { judgeAddress } from '../../src/policy/address-admission.ts';
import { parsePrefix } from '../../src/policy/address-prefix.ts';
import { reservedBlock } from '../../src/policy/reserved-addresses.ts';

function settings(
  allowAddresses: readonly string[],
  denyAddresses: readonly string[],
  allowReservedAddresses = false,
): AddressSettings {
  return { allowReservedAddresses, allowAddresses, denyAddresses };
}

/** What decided: `admitted`, `but for PREFIX`, `reserved BLOCK`, `denied PREFIX`. */
function outcome(address: string, rules: AddressSettings): string {
  const verdict = judgeAddress(address, rules);
  if (verdict.admitted) return verdict.exception === undefined ? 'admitted' : `but for ${verdict.exception}`;
  return verdict.because === 'denied' ? `denied ${verdict.prefix}` : `reserved ${verdict.block.cidr}`;
}

describe('an address', () => {
  test.each([
    ['8.8.8.8', settings([], []), 'admitted', 'nothing is said about it'],
    ['10.1.2.3', settings([], []), 'reserved 10.0.0.0/8', 'the registry says so'],
    ['10.1.2.3', settings([], [], true), 'admitted', 'the registry does not count'],
    ['10.1.2.3', settings(['10.1.0.0/16'], []), 'but for 10.1.0.0/16', 'an exception from the registry'],
    ['10.2.0.1', settings(['10.1.0.0/16'], []), 'reserved 10.0.0.0/8', 'beside the exception'],
    ['8.8.8.8', settings(['8.8.8.0/24'], []), 'admitted', 'an exception from nothing'],
    ['8.8.8.8', settings([], ['8.8.0.0/16']), 'denied 8.8.0.0/16', 'denied though public'],
    [
      '10.1.2.3',
      settings([], ['10.1.0.0/16'], true),
      'denied 10.1.0.0/16',
      'denied though reserved ones are used',
    ],
    [
      '10.1.2.3',
      settings(['10.1.2.0/24'], ['10.0.0.0/8'], true),
      'but for 10.1.2.0/24',
      'an exception from what is denied',
    ],
    [
      '10.1.2.3',
      settings(['10.0.0.0/8'], ['10.1.2.3']),
      'denied 10.1.2.3',
      'an exception from the exception',
    ],
    ['10.1.2.3', settings(['10.1.2.0/24'], ['10.1.2.0/24']), 'denied 10.1.2.0/24', 'denying wins a tie'],
    ['10.1.2.3', settings(['0.0.0.0/0'], []), 'but for 0.0.0.0/0', 'everything of a family'],
    ['fd00::1', settings(['0.0.0.0/0'], []), 'reserved fc00::/7', 'not of the other'],
    [
      'fd00::1',
      settings(['fd00::/64', 'fd00::/32'], ['fd00::/48']),
      'but for fd00::/64',
      'whatever the order',
    ],
    [
      'fd00:0:0:1::1',
      settings(['fd00::/64', 'fd00::/32'], ['fd00::/48']),
      'denied fd00::/48',
      'whatever the order',
    ],
    ['2001:db8::1', settings(['2001:DB8::/32'], []), 'but for 2001:DB8::/32', 'named as it was written'],
    ['::ffff:10.1.2.3', settings([], ['10.0.0.0/8'], true), 'denied 10.0.0.0/8', 'IPv4-mapped'],
    ['::10.1.2.3', settings([], ['10.0.0.0/8'], true), 'admitted', 'IPv4-compatible, which leads elsewhere'],
    ['::10.1.2.3', settings([], ['::/96'], true), 'denied ::/96', 'IPv4-compatible'],
    ['64:ff9b::a01:203', settings([], ['10.0.0.0/8'], true), 'denied 10.0.0.0/8', 'behind a translator'],
    ['64:ff9b::808:808', settings([], ['10.0.0.0/8'], true), 'admitted', 'another behind a translator'],
  ])('%s under %j: %s (%s)', (address, rules, expected) => {
    expect(outcome(address, rules)).toBe(expected);
  });

  test('is judged by the registries alone where no prefix is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        expect(judgeAddress(address, settings([], [])).admitted).toBe(reservedBlock(address) === undefined);
        expect(judgeAddress(address, settings([], [], true))).toEqual({ admitted: true });
      }),
    );
  });

  test('that is denied by itself is never admitted', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        expect(judgeAddress(address, settings(['0.0.0.0/0', '::/0'], [address])).admitted).toBe(false);
      }),
    );
  });
});

describe('a prefix', () => {
  test.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['0.0.0.0/0', true],
    ['::/0', true],
    ['2001:db8::/32', true],
    ['::1', true],
    ['2001:db8::1/128', true],
  ])('%s is taken', (text) => {
    expect(parsePrefix(text).ok).toBe(true);
  });

  const SHAPE = 'an address or a prefix such as 10.0.0.0/8 or 2001:db8::/32';
  test.each([
    ['10.0.0.0/33', 'a prefix of at most 32 bits'],
    ['::/129', 'a prefix of at most 128 bits'],
    ['10.1.0.0/8', 'a prefix without bits beyond its length, which is 10.0.0.0/8'],
    ['2001:db8::1/32', 'a prefix without bits beyond its length, which is 2001:db8::/32'],
    ['', SHAPE],
    ['10', SHAPE],
    ['10/8', SHAPE],
    ['010.0.0.0/8', SHAPE],
    ['10.0.0.0/', SHAPE],
    ['10.0.0.0/08', SHAPE],
    ['10.0.0.0/8/8', SHAPE],
    ['10.0.0.0/-1', SHAPE],
    ['fe80::1%eth0', SHAPE],
    ['example.com', SHAPE],
  ])('%j is refused', (text, why) => {
    const parsed = parsePrefix(text);
    expect(parsed.ok ? '' : parsed.refusal).toBe(why);
  });
});
