/**
 * The text without the characters at both ends that the class matches, one at a time. In steps that grow with the text alone: a
 * regular expression for `X+$` starts anew at each character of a run that ends before the end does, and half a minute passes
 * over the 64 kB that a TXT record may have.
 */
export function trimmed(text: string, trimmable: RegExp): string {
  let start = 0;
  let end = text.length;
  while (start < end && trimmable.test(text.charAt(start))) start += 1;
  while (end > start && trimmable.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
