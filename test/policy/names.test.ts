import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IdentifierRules } from '../../src/policy/names.ts';
import { checkIdentifiers, orderProblem } from '../../src/policy/names.ts';
import type { RequestedIdentifier } from '../../src/protocol/identifier.ts';

const LAB: IdentifierRules = {
  requirePublicSuffix: false,
  challengeTypes: ['http-01', 'dns-01'],
  addresses: { allowReservedAddresses: true, allowAddresses: [], denyAddresses: [] },
};
const PUBLIC: IdentifierRules = { ...LAB, requirePublicSuffix: true };

function dns(...values: readonly string[]): readonly RequestedIdentifier[] {
  return values.map((value) => ({ type: 'dns', value }));
}

function ip(...values: readonly string[]): readonly RequestedIdentifier[] {
  return values.map((value) => ({ type: 'ip', value }));
}

/** `accepted`, or the codes of the refusals. */
function outcome(identifiers: readonly RequestedIdentifier[], rules: IdentifierRules = LAB): string {
  const result = checkIdentifiers(identifiers, rules);
  return result.ok ? 'accepted' : result.refusal.map(({ code }) => code).join(' ');
}

const LABEL_63 = 'a'.repeat(63);
const NAME_253 = [LABEL_63, LABEL_63, LABEL_63, 'a'.repeat(61)].join('.');

const NAMES: readonly (readonly [name: string, lab: string, publicOutcome: string, why: string])[] = [
  ['example.com', 'accepted', 'accepted', 'an ordinary name'],
  ['EXAMPLE.Com', 'accepted', 'accepted', 'case does not matter'],
  ['*.example.com', 'accepted', 'accepted', 'a wildcard'],
  ['localhost', 'accepted', 'malformed', 'a single label'],
  ['first.localhost', 'accepted', 'malformed', 'RFC 6761'],
  ['printer.lan', 'accepted', 'malformed', 'a private suffix'],
  ['*.lan', 'accepted', 'malformed', 'a wildcard above a private suffix'],
  ['com', 'accepted', 'malformed', 'a suffix of one label'],
  ['co.uk', 'accepted', 'malformed', 'a suffix itself'],
  ['*.co.uk', 'accepted', 'malformed', 'a wildcard directly above a suffix'],
  ['*.example.co.uk', 'accepted', 'accepted', 'a wildcard above a name'],
  ['github.io', 'accepted', 'accepted', 'the private section of the list does not count'],
  ['*.github.io', 'accepted', 'accepted', 'the private section of the list does not count'],
  ['a.b.c.d.e.f.g.h.example.com', 'accepted', 'accepted', 'ten labels'],
  ['a.b.c.d.e.f.g.h.i.example.com', 'accepted', 'malformed', 'eleven labels'],
  ['xn--mnchen-3ya.de', 'accepted', 'accepted', 'an international name'],
  ['xn--zca.de', 'accepted', 'accepted', 'IDNA 2008 sharp s'],
  ['xn--p1ai', 'accepted', 'malformed', 'an international suffix'],
  ['3com.com', 'accepted', 'accepted', 'a digit first (RFC 1123 section 2.1)'],
  ['a-b.1-2.com', 'accepted', 'accepted', 'hyphens inside'],
  [`${LABEL_63}.com`, 'accepted', 'accepted', 'a label of 63 characters'],
  [NAME_253, 'accepted', 'malformed', 'a name of 253 characters'],
  ['', 'malformed', 'malformed', 'empty'],
  ['.', 'malformed', 'malformed', 'the root'],
  ['.example.com', 'malformed', 'malformed', 'an empty first label'],
  ['a..example.com', 'malformed', 'malformed', 'an empty label'],
  ['example.com.', 'malformed', 'malformed', 'a trailing dot'],
  [`a${LABEL_63}.com`, 'malformed', 'malformed', 'a label of 64 characters'],
  [`a${NAME_253}`, 'malformed', 'malformed', 'a name of 254 characters'],
  ['ex_ample.com', 'malformed', 'malformed', 'an underscore'],
  ['exa mple.com', 'malformed', 'malformed', 'a space'],
  ['example.com\n', 'malformed', 'malformed', 'a line feed'],
  ['example.com\0', 'malformed', 'malformed', 'a zero octet'],
  ['example.com:80', 'malformed', 'malformed', 'a port'],
  ['http://example.com', 'malformed', 'malformed', 'a URL'],
  ['münchen.de', 'malformed', 'malformed', 'not in punycode'],
  ['\u212Aelvin.com', 'malformed', 'malformed', 'the Kelvin sign is no k'],
  ['-example.com', 'malformed', 'malformed', 'a hyphen at the start of a label'],
  ['example-.com', 'malformed', 'malformed', 'a hyphen at the end of a label'],
  ['ab--cd.com', 'rejectedIdentifier', 'rejectedIdentifier', 'reserved hyphens (RFC 5891 section 4.2.3.1)'],
  ['xn--a.com', 'malformed', 'malformed', 'no punycode'],
  ['xn--abc-.com', 'malformed', 'malformed', 'punycode of an ASCII label'],
  ['xn--u-ccb.com', 'malformed', 'malformed', 'punycode of a label that is not in NFC'],
  ['192.0.2.1', 'malformed', 'malformed', 'an IPv4 address'],
  ['2001:db8::1', 'malformed', 'malformed', 'an IPv6 address'],
  ['[2001:db8::1]', 'malformed', 'malformed', 'a bracketed address'],
  ['127.1', 'malformed', 'malformed', 'URL parsers read it as 127.0.0.1'],
  ['host.0x7f', 'malformed', 'malformed', 'a hexadecimal last label'],
  ['hidden.onion', 'accepted', 'rejectedIdentifier', 'RFC 7686, though it has a public suffix'],
  ['*.hidden.onion', 'accepted', 'rejectedIdentifier', 'RFC 7686, though it has a public suffix'],
  ['router.home.arpa', 'accepted', 'rejectedIdentifier', 'RFC 8375'],
  ['1.2.10.in-addr.arpa', 'accepted', 'rejectedIdentifier', 'RFC 6761: the reverse of private addresses'],
  ['1.2.11.in-addr.arpa', 'accepted', 'accepted', 'the reverse of public addresses'],
  ['1.31.172.in-addr.arpa', 'accepted', 'rejectedIdentifier', 'RFC 6761'],
  ['1.32.172.in-addr.arpa', 'accepted', 'accepted', 'beside what RFC 6761 lists'],
  ['printer.local', 'accepted', 'malformed', 'RFC 6762, which has no public suffix either'],
  ['nonion', 'accepted', 'malformed', 'a single label that ends like one'],
  ['example.onion.com', 'accepted', 'accepted', 'below an ordinary name'],
  ['*', 'malformed', 'malformed', 'a star alone'],
  ['*.', 'malformed', 'malformed', 'a star above nothing'],
  ['*.*.example.com', 'malformed', 'malformed', 'two stars'],
  ['a.*.example.com', 'malformed', 'malformed', 'a star that is not the first label'],
  ['a*.example.com', 'malformed', 'malformed', 'a star that is not the whole label'],
  ['*example.com', 'malformed', 'malformed', 'a star that is not the whole label'],
];

describe('a dns identifier', () => {
  test.each(NAMES)('%j: %s in a lab, %s under the public rules (%s)', (name, lab, publicOutcome) => {
    expect(outcome(dns(name), LAB)).toBe(lab);
    expect(outcome(dns(name), PUBLIC)).toBe(publicOutcome);
  });
});

const ADDRESSES: readonly (readonly [address: string, outcome: string, why: string])[] = [
  ['192.0.2.1', 'accepted', 'IPv4'],
  ['2001:db8::1', 'accepted', 'IPv6'],
  ['::1', 'accepted', 'loopback, where reserved addresses are allowed'],
  ['2001:db8::1:0:0:1', 'accepted', 'the first of two equal runs is shortened (RFC 5952 section 4.2.3)'],
  ['2001:db8:0:1:1:1:1:1', 'accepted', 'a single zero is not shortened (RFC 5952 section 4.2.2)'],
  ['2001:DB8::1', 'malformed', 'upper case'],
  ['2001:db8:0:0:0:0:0:1', 'malformed', 'not shortened'],
  ['2001:db8::0001', 'malformed', 'leading zeros'],
  ['2001:db8::1:1:1:1:1', 'malformed', 'a single zero shortened'],
  ['::ffff:192.0.2.1', 'malformed', 'IPv4-mapped'],
  ['::ffff:c000:201', 'malformed', 'IPv4-mapped'],
  ['fe80::1%eth0', 'malformed', 'a zone'],
  ['[2001:db8::1]', 'malformed', 'brackets'],
  ['192.0.2.01', 'malformed', 'a leading zero'],
  ['192.0.2', 'malformed', 'three numbers'],
  ['192.0.2.1/32', 'malformed', 'a prefix'],
  ['0x7f.0.0.1', 'malformed', 'a hexadecimal number'],
  ['example.com', 'malformed', 'a name'],
  ['', 'malformed', 'empty'],
];

describe('an ip identifier', () => {
  test.each(ADDRESSES)('%j: %s (%s)', (address, expected) => {
    expect(outcome(ip(address))).toBe(expected);
  });

  test('is accepted in exactly the text that the URL standard gives an IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
        const mapped = canonical.startsWith('::ffff:') && canonical.split(':').length === 5;
        expect(outcome(ip(address))).toBe(address === canonical && !mapped ? 'accepted' : 'malformed');
        if (!mapped) expect(outcome(ip(canonical))).toBe('accepted');
      }),
    );
  });

  test('of a block that is reserved or denied is refused where the caller says so, naming the block', () => {
    const addresses = { allowReservedAddresses: false, allowAddresses: [], denyAddresses: ['8.8.0.0/16'] };
    const result = checkIdentifiers(ip('10.0.0.1', '9.9.9.9', '8.8.8.8'), { ...LAB, addresses });
    expect(result.ok ? [] : result.refusal).toEqual([
      {
        identifier: { type: 'ip', value: '10.0.0.1' },
        code: 'rejectedIdentifier',
        detail: 'Cannot issue for "10.0.0.1": it is in a reserved address block: RFC 1918: Private-Use.',
      },
      {
        identifier: { type: 'ip', value: '8.8.8.8' },
        code: 'rejectedIdentifier',
        detail:
          'Cannot issue for "8.8.8.8": it is in 8.8.0.0/16, which this CA denies (validation.denyAddresses).',
      },
    ]);
    expect(outcome(ip('10.0.0.1'))).toBe('accepted');
  });
});

describe('an identifier for which no way to prove control is switched on', () => {
  test.each([
    ['192.0.2.1', 'ip', ['dns-01'], 'is an address, whose control can be proved by http-01, tls-alpn-01'],
    [
      '*.example.com',
      'dns',
      ['http-01', 'tls-alpn-01'],
      'is a wildcard, whose control can be proved by dns-01, dns-account-01, dns-persist-01',
    ],
  ] as const)('%s is rejected, and told what would do and what is switched on', (value, type, on, why) => {
    const result = checkIdentifiers([{ type, value }], { ...LAB, challengeTypes: on });
    expect(result.ok ? [] : result.refusal).toEqual([
      {
        identifier: { type, value },
        code: 'rejectedIdentifier',
        detail: `Cannot issue for "${value}": it ${why}, and this CA offers ${on.join(', ')} alone (policy.challengeTypes).`,
      },
    ]);
    expect(outcome([{ type, value }], { ...LAB, challengeTypes: [...on, 'http-01', 'dns-account-01'] })).toBe(
      'accepted',
    );
  });
});

test('identifiers come back lower-case, each once, in the order of the request', () => {
  const result = checkIdentifiers(
    [...dns('B.example', 'a.example'), ...ip('192.0.2.1'), ...dns('b.EXAMPLE')],
    LAB,
  );
  expect(result.ok && result.value).toEqual([
    { type: 'dns', value: 'b.example' },
    { type: 'dns', value: 'a.example' },
    { type: 'ip', value: '192.0.2.1' },
  ]);
});

test('names of accepted orders are stable: checking them again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.domain(), { minLength: 1, maxLength: 5 }), (names) => {
      const once = checkIdentifiers(dns(...names), LAB);
      if (!once.ok) return;
      expect(checkIdentifiers(once.value, LAB)).toEqual(once);
    }),
  );
});

test('a type that is not served is refused by its own code, also beside good identifiers', () => {
  expect(outcome([...dns('example.com'), { type: 'email', value: 'a@example.com' }])).toBe(
    'unsupportedIdentifier',
  );
  expect(outcome([{ type: 'DNS', value: 'example.com' }])).toBe('unsupportedIdentifier');
});

test('at most 100 identifiers, counted without repetition', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => `n${index}.example`);
  expect(outcome(dns(...hundred, ...hundred))).toBe('accepted');
  expect(outcome(dns(...hundred, 'one-more.example'))).toBe('malformed');
});

test('no identifier at all is malformed', () => {
  expect(outcome([])).toBe('malformed');
});

test('a name directly below a wildcard of the same order is refused, others are not', () => {
  const result = checkIdentifiers(
    dns('*.example.com', 'example.com', 'a.b.example.com', 'www.example.com'),
    LAB,
  );
  expect(result.ok ? [] : result.refusal.map(({ identifier, code }) => [identifier?.value, code])).toEqual([
    ['www.example.com', 'malformed'],
  ]);
  expect(outcome(dns('*.example.com', 'example.com', 'a.b.example.com', '*.b.example.com'))).toBe(
    'malformed',
  );
  expect(outcome(dns('*.example.com', 'example.com', '*.b.example.com'))).toBe('accepted');
});

describe('the problem of an order', () => {
  function problemOf(identifiers: readonly RequestedIdentifier[]) {
    const result = checkIdentifiers(identifiers, LAB);
    if (result.ok) throw new Error('accepted');
    return orderProblem(result.refusal).toProblem();
  }

  test('has the code and sentence of a single refusal', () => {
    expect(problemOf([...dns('good.example'), { type: 'onion', value: 'x' }])).toEqual({
      code: 'unsupportedIdentifier',
      detail: 'Cannot issue for "x": its type "onion" is not served here; "dns" and "ip" are.',
      subproblems: [
        {
          identifier: { type: 'onion', value: 'x' },
          code: 'unsupportedIdentifier',
          detail: 'Cannot issue for "x": its type "onion" is not served here; "dns" and "ip" are.',
        },
      ],
    });
  });

  test('reports every bad identifier at once, each with its own code (RFC 8555 section 6.7.1)', () => {
    const problem = problemOf([...dns('a_b.example', 'good.example', 'ab--c.example'), ...ip('1')]);
    expect(problem.code).toBe('rejectedIdentifier');
    expect(problem.detail).toMatch(/^Cannot issue for "a_b\.example": .*\(and 2 more problems;/);
    expect(problem.subproblems?.map(({ identifier, code }) => [identifier.value, code])).toEqual([
      ['a_b.example', 'malformed'],
      ['ab--c.example', 'rejectedIdentifier'],
      ['1', 'malformed'],
    ]);
  });

  test('keeps a code that all refusals share', () => {
    expect(problemOf(dns('a_b.example', 'c_d.example')).code).toBe('malformed');
  });

  test('cuts long values and escapes control characters', () => {
    const { detail } = problemOf(dns(`\u0007${'x'.repeat(5000)}`));
    expect(detail.length).toBeLessThan(300);
    expect(detail).toContain('\\u0007');
  });
});
