/** A path as one word for a POSIX shell, quoted where it needs it. */
export function shellWord(path: string): string {
  return /^[A-Za-z0-9_\-./:@%+=,]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
