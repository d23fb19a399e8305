import type { ServerFacts } from './first-steps.ts';
import { firstNotes, firstSteps } from './first-steps.ts';

const STYLE = `
  :root { color-scheme: light dark; --text: #1c1b19; --paper: #fbfaf7; --line: #dad6cc; --accent: #7a5a00; --block: #f1eee6; }
  @media (prefers-color-scheme: dark) {
    :root { --text: #e9e6df; --paper: #1a1917; --line: #3a3733; --accent: #e0b84c; --block: #24221f; }
  }
  * { box-sizing: border-box; }
  body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 48rem; color: var(--text); background: var(--paper);
    font: 1rem/1.6 system-ui, sans-serif; }
  h1 { margin: 0; font-size: 1.75rem; letter-spacing: -0.01em; }
  h2 { margin: 2rem 0 0.5rem; font-size: 1rem; }
  p { margin: 0.4rem 0 1.5rem; }
  dl + p { margin-top: 1.5rem; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.25rem; margin: 0; padding: 1rem 0;
    border-block: 1px solid var(--line); }
  dt { opacity: 0.75; }
  dd { margin: 0; overflow-wrap: anywhere; }
  a { color: var(--accent); }
  code, pre { font: 0.875rem/1.55 ui-monospace, "DejaVu Sans Mono", monospace; }
  pre { margin: 0; padding: 0.85rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--block); border: 1px solid var(--line);
    border-radius: 6px; }
  @media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 0.6rem; } }
`;

/** The short page for people at `/` of the ACME port: what this is, where things are, and the commands to try first. */
export function frontPage(facts: ServerFacts): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Directory', facts.directory.localhost],
    ['over IPv4', facts.directory.ipv4],
    ['over IPv6', facts.directory.ipv6],
    ['Publication', facts.publication],
    ['Root certificate', facts.rootCa],
    ["Trust anchor of this API's HTTPS", facts.apiCa],
    ['Data folder', facts.dataFolder],
  ];
  const list = rows
    .filter((row): row is readonly [string, string] => row[1] !== undefined)
    .map(
      ([term, value]) =>
        `<dt>${escapeHtml(term)}</dt><dd>${value.startsWith('http') ? link(value) : code(value)}</dd>`,
    );
  const notes = firstNotes(facts).map((note) => `<p>${escapeHtml(note)}</p>`);
  const steps = firstSteps(facts).map(
    (step) => `<h2>${escapeHtml(step.title)}</h2>\n<pre><code>${escapeHtml(step.command)}</code></pre>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Touchstone</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<h1>Touchstone</h1>
<p>An ACME certificate authority to test against and to look inside. It is running; paste a command below into a terminal on this machine.</p>
<dl>
${list.join('\n')}
</dl>
${notes.join('\n')}
${steps.join('\n')}
</html>
`;
}

function link(url: string): string {
  return `<a href="${escapeHtml(url)}">${code(url)}</a>`;
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
