/** The end of `serve --help`: every configuration key, and where their meanings are. */
export function helpOnKeys(keys: readonly string[]): string {
  return `\nKeys for --set (the README's section "Settings" has their defaults and meanings):\n${keys.map((key) => `  ${key}\n`).join('')}`;
}

/** A parser's complaint about an unknown option of `serve`, with the way to set what it probably meant. */
export function hintAtSet(complaint: string, keys: readonly string[]): string {
  const option = /^unknown option '--([^'=]+)/.exec(complaint)?.[1];
  if (option === undefined) return complaint;
  const wanted = option.replace(/-(\w)/g, (_match, letter: string) => letter.toUpperCase()).toLowerCase();
  const meant = keys.filter((key) =>
    [key, key.split('.').at(-1)].some((name) => name?.toLowerCase() === wanted),
  );
  const way =
    meant.length === 0
      ? 'configuration keys are set with --set KEY=VALUE'
      : `use ${meant.map((key) => `--set ${key}=...`).join(' or ')}`;
  const [first = '', ...guesses] = complaint.split('\n');
  // The parser's guess at a similar option would contradict a key that fits.
  return [`${first}; ${way}`, ...(meant.length === 0 ? guesses : [''])].join('\n');
}
