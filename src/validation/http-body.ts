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
  const matched = !isTooLong && withoutTrailingSpace(body.toString('utf8')) === expected;
  steps.push({ step: 'compare', where: hop.url, expected, received: [received], matched });
  if (matched) return undefined;
  return isTooLong
    ? { class: 'body-too-long', ...hop, limitBytes: config.maxBodyBytes, start: received }
    : { class: 'wrong-content', ...hop, expected, received };
}

/** `trimEnd` also takes a byte order mark, which is no white space, and leaves U+0085, which is. */
function withoutTrailingSpace(text: string): string {
  return text.replace(/\p{White_Space}+$/u, '');
}
