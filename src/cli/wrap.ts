/**
 * Breaks a line of text at its spaces into lines of at most `width` characters; those after the first are indented by `hanging`
 * further than the text itself. A word that is longer than a line, such as a URL, is broken behind a slash, or where the line ends.
 */
export function wrap(text: string, width: number, hanging = 2): readonly string[] {
  const [start = ''] = /^ */.exec(text) ?? [];
  const indent = ' '.repeat(start.length + hanging);
  const lines: string[] = [];
  let line = text;
  while (line.length > width) {
    const at = breakingPoint(line, width, lines.length === 0 ? start.length : indent.length);
    lines.push(line.slice(0, at).trimEnd());
    line = `${indent}${line.slice(at).trimStart()}`;
  }
  return [...lines, line];
}

/** Behind the last space that fits, or the last slash, unless the line would be little more than indentation. */
function breakingPoint(line: string, width: number, indent: number): number {
  const space = line.lastIndexOf(' ', width);
  if (space > indent) return space;
  const slash = line.lastIndexOf('/', width - 1) + 1;
  return slash > width / 2 ? slash : width;
}
