const LONGEST = 100;

/** A client's text for use inside a sentence: quoted, control characters escaped, cut to 100 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`);
}
