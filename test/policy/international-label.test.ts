import { domainToASCII, domainToUnicode } from 'node:url';
import { describe, expect, test } from 'vitest';
import { refuseInternationalLabel } from '../../src/policy/international-label.ts';

const NORMAL = 'which is not the punycode of a normalised label (RFC 5891)';
const HYPHENS = 'RFC 5891 section 4.2.3.1';
const LETTERS = 'RFC 5892 section 2.6';
const CONTEXT = 'RFC 5892 appendix A';
const DIRECTION = 'RFC 5893 section 2';

describe('an international label is accepted', () => {
  test.each([
    ['xn--mnchen-3ya', 'm\u00fcnchen'],
    ['xn--zca', '\u00df'],
    ['xn--mxa8ab', '\u03c3\u03b1\u03c2'],
    ['xn--ll-0ea', 'l\u00b7l'],
    ['xn--wva4j', '\u0375\u03b1'],
    ['xn--4dbc', '\u05d0\u05d1'],
    ['xn--4db4e', '\u05d0\u05f3'],
    ['xn--ccke4x', '\u30a2\u30fb\u30a4'],
    ['xn--10cl1a0b660p', '\u0dc1\u0dca\u200d\u0dbb\u0dd3'],
    ['xn--mgba3gch31f060k', '\u0646\u0627\u0645\u0647\u200c\u0627\u06cc'],
    ['xn--n3h', '\u2603'],
    ['xn--i-7iq', 'i\u2764'],
  ])('%s', (label, decoded) => {
    expect(domainToUnicode(label)).toBe(decoded);
    expect(refuseInternationalLabel(label)).toBeUndefined();
  });

  test.each([
    ['Hebrew, digits at its end', '\u05d0\u05d11'],
    ['Arabic, Arabic digits at its end', '\u0628\u0661'],
    ['Arabic, a mark at its end', '\u0628\u064e'],
    ['Arabic, hyphens inside', '\u0628-\u0628'],
    ['Persian digits', '\u0628\u06f1\u06f2'],
    ['Katakana with a dot', '\u30ab\u30fb\u30ab'],
    ['Thaana', '\u078b\u07a8\u0788'],
  ])('%s', (_, decoded) => {
    expect(refuseInternationalLabel(domainToASCII(decoded))).toBeUndefined();
  });
});

describe('a label that UTS 46 does not give back is refused', () => {
  test.each([
    ['xn--munchen-gie', 'not in NFC'],
    ['xn--mnchen-5pa', 'a capital letter'],
    ['xn--bc-bz3n', 'a full-width letter'],
    ['xn--ab-m1t', 'a joiner where none may be'],
    ['xn--a-xgn', 'a mark of direction'],
    ['xn--a-wbb', 'an accent at the start'],
    ['xn--ab-r13a', 'an ideographic full stop'],
    ['xn--ab-5da', 'a soft hyphen'],
    ['xn--a-sp81m', 'an unassigned character'],
    ['xn--abc-', 'ASCII alone'],
    ['xn--', 'nothing'],
    ['xn--zzzzzzzz99999', 'no punycode'],
    ['xn--xn--a-', 'another such label'],
  ])('%s: %s', (label) => {
    expect(refuseInternationalLabel(label)).toBe(`has the label "${label}", ${NORMAL}`);
  });
});

describe('a label that UTS 46 lets through is refused', () => {
  test.each([
    ['xn----eha', '-\u00fc', HYPHENS],
    ['xn----dha', '\u00fc-', HYPHENS],
    ['xn--ab---3ra', 'ab--\u00fc', HYPHENS],
    ['xn--ngba5e', '\u0628\u0640\u0628', LETTERS],
    ['xn--ab-3n4a', 'a\u30fbb', CONTEXT],
    ['xn--ab-0ea', 'a\u00b7b', CONTEXT],
  ])('%s, which is %j: %s', (label, decoded, section) => {
    expect(domainToUnicode(label)).toBe(decoded);
    expect(refuseInternationalLabel(label)).toContain(section);
  });

  test.each([
    ['xn--l-gda', 'l\u00b7', CONTEXT],
    ['xn--a-jib', '\u0375a', CONTEXT],
    ['xn--a-0jc', 'a\u05f3', CONTEXT],
    ['xn--a-0hc', 'a\u05d0', DIRECTION],
    ['xn--a-zhce', '\u05d0a\u05d1', DIRECTION],
    ['xn--a-zhc', '\u05d0a', DIRECTION],
    ['xn--1-0hc', '1\u05d0', DIRECTION],
  ])('%s, which is %j: %s, or by a later UTS 46', (label, _decoded, section) => {
    expect(refuseInternationalLabel(label)).toMatch(new RegExp(`${section}|${NORMAL.slice(0, 40)}`));
  });
});
