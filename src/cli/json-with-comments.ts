import { findJsonFault } from './json-fault.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads JSON with `//` and block comments and trailing commas. Throws UsageError that names the file and the
 * place.
 */
export function parseJsonWithComments(text: string, file: string): unknown {
  const json = withoutTrailingCommas(withoutComments(text));
  try {
    return JSON.parse(json);
  } catch {
    const { line, column, found } = findJsonFault(json);
    const what =
      found === undefined ? 'the text ends too early' : `${JSON.stringify(found)} is not expected here`;
    throw new UsageError(`${file} is not JSON: line ${line}, column ${column}: ${what}.`);
  }
}

/** Comments become spaces, so that positions in the parser's messages still hold. Strings are left alone. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (match) =>
    match.startsWith('"') ? match : match.replace(/[^\n]/g, ' '),
  );
}

function withoutTrailingCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (match) => (match === ',' ? ' ' : match));
}
