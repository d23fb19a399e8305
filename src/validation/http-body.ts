import type {
  BodyTooLongFailure,
  HopReference,
  WrongContentFailure,
} from '../protocol/validation-failure.ts';
import { printable } from './printable.ts';
import type { ValidationContext } from './validation-context.ts';

/**
 * RFC 8555 section 8.3: the body is the key authorization; white space at its end is ignored, and nothing else. The
 * comparison is recorded. Undefined when it is the expected one.
 */
export function compareBody(
  { question, config, steps }: ValidationContext,
  hop: HopReference,
  body: Buffer,
): BodyTooLongFailure | WrongContentFailure | undefined {
  const expected = question.keyAuthorization;
  const received = printable(body);
  const isTooLong = body.length > config.maxBodyBytes;
  const matched = !isTooLong && isFollowedBySpaceAlone(body.toString('utf8'), expected);
  steps.push({ step: 'compare', where: hop.url, expected, received: [received], matched });
  if (matched) return undefined;
  return isTooLong
    ? { class: 'body-too-long', ...hop, limitBytes: config.maxBodyBytes, start: received }
    : { class: 'wrong-content', ...hop, expected, received };
}

/**
 * `trimEnd` would also take a byte order mark, which is no white space, and leave U+0085, which is. A regular expression that
 * looks for the space at the end takes the square of the body's length, and that is the other side's choice.
 */
function isFollowedBySpaceAlone(text: string, expected: string): boolean {
  return text.startsWith(expected) && /^\p{White_Space}*$/u.test(text.slice(expected.length));
}
