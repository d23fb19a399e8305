import { domainToASCII, domainToUnicode } from 'node:url';

/**
 * Says why the lower-case label `xn--...` is none that IDNA knows (RFC 5891 section 5.4), as the predicate of a sentence, or
 * undefined when it may be ordered. Symbols, which RFC 5892 does not allow, are left to UTS 46: browsers look such names up,
 * and Let's Encrypt issues for them.
 */
export function refuseInternationalLabel(label: string): string | undefined {
  const decoded = domainToUnicode(label);
  // UTS 46 maps to NFC and to small letters, so that only the punycode of a normalised label survives the way there and back.
  // What is no punycode decodes to nothing on Node.js 20, and to itself on 24.
  if (decoded === label || domainToASCII(decoded) !== label)
    return `has the label "${label}", which is not the punycode of a normalised label (RFC 5891)`;
  const fault = FAULTS.find(([, isBroken]) => isBroken(decoded))?.[0];
  return fault === undefined ? undefined : `has the label "${label}", which ${fault}`;
}

/** RFC 5892 section 2.6, of which UTS 46 knows nothing: letters that only change how others look. */
const DISALLOWED = /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/u;

/** What UTS 46 leaves to its caller: words that follow "which", and the test. */
const FAULTS: readonly (readonly [string, (label: string) => boolean])[] = [
  [
    'decodes to one that begins or ends with a hyphen (RFC 5891 section 4.2.3.1)',
    (label) => /^-|-$/.test(label),
  ],
  [
    'decodes to one with hyphens in third and fourth place (RFC 5891 section 4.2.3.1)',
    (label) => /^..--/u.test(label),
  ],
  ['holds a character that names must not have (RFC 5892 section 2.6)', (label) => DISALLOWED.test(label)],
  ['holds a character in a place where it must not be (RFC 5892 appendix A)', breaksContext],
  ['mixes directions of writing (RFC 5893 section 2)', breaksDirection],
];

/** RFC 5892 appendices A.3 to A.9; those of joiners are looked at before. */
const CONTEXTS: readonly RegExp[] = [
  // The middle dot stands between two l.
  /(?<!l)\u00b7|\u00b7(?!l)/u,
  // The Greek numeral sign stands before Greek, the Hebrew punctuation behind Hebrew.
  /\u0375(?!\p{Script=Greek})/u,
  /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u,
  // Digits of two Arabic sets are not mixed.
  /[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/u,
];

function breaksContext(label: string): boolean {
  if (CONTEXTS.some((context) => context.test(label))) return true;
  // The Japanese middle dot needs Japanese or Chinese somewhere.
  return /\u30fb/u.test(label) && !/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(label);
}

const FROM_RIGHT =
  '\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}\\p{Script=Samaritan}' +
  '\\p{Script=Mandaic}\\p{Script=Adlam}\\p{Script=Hanifi_Rohingya}';
const RIGHT_TO_LEFT = new RegExp(`(?=\\p{L})[${FROM_RIGHT}]`, 'u');
const BEGINS_SO = new RegExp(`^(?=\\p{L})[${FROM_RIGHT}]`, 'u');

/**
 * Of the Bidi rule conditions 1 and 5: a letter that is written from the right is in labels alone that begin with one. For such
 * labels the way there and back has applied the other conditions.
 */
function breaksDirection(label: string): boolean {
  return RIGHT_TO_LEFT.test(label) && !BEGINS_SO.test(label);
}
