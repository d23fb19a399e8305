const LONGEST = 100;

/** What would steer a terminal, or turn the direction of the text around it. JSON escapes those below U+0020 alone. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A client's text for use inside a sentence: quoted, control and format characters escaped, cut to 100 characters. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`);
  return quoted.replace(INVISIBLE, (character) => character.split('').map(escapeUnit).join(''));
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
