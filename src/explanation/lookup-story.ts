import type { LookupSource } from '../protocol/lookup.ts';
import type { LookupStep } from '../protocol/validation-record.ts';
import { caaLookupWords } from './caa-words.ts';
import { outcomeWords } from './lookup-words.ts';
import { duration } from './wording.ts';

/** One look-up in a sentence: whom it asked, and what was found. */
export function tellLookup(step: LookupStep): string {
  const { type, name, values, outcome } = step;
  return `Looked up ${type} of ${name} ${sourceWords(step.source)}: ${found()} ${notesOn([step])}.`;

  function found(): string {
    if (type === 'CAA') return caaLookupWords(step);
    return outcome === 'answered' ? values.join(', ') : outcomeWords(step);
  }
}

/** Look-ups of one host's addresses, side by side, in one sentence. All were answered. */
export function tellAddresses(steps: readonly [LookupStep, ...LookupStep[]]): string {
  const [{ name, source }] = steps;
  const found = steps.map(({ type, values }) =>
    values.length === 0 ? `no ${type}` : `${type} ${values.join(', ')}`,
  );
  return `Looked up ${name} ${sourceWords(source)}: ${found.join('; ')} ${notesOn(steps)}.`;
}

/** Look-ups of CAA at a name and those above it, side by side, in one sentence. All were answered. */
export function tellClimb(steps: readonly [LookupStep, ...LookupStep[]]): string {
  const [{ source }] = steps;
  const found = steps.map(({ name, outcome, values }) => {
    if (outcome === 'nxdomain') return `no such name as ${name}`;
    return values.length === 0 ? `none at ${name}` : `${values.join(', ')} at ${name}`;
  });
  return `Looked up CAA ${sourceWords(source)}: ${found.join('; ')} ${notesOn(steps)}.`;
}

/** How the answers came, in brackets. What is said of several holds for each. */
function notesOn(steps: readonly [LookupStep, ...LookupStep[]]): string {
  const [{ cnames, tries, detail }] = steps;
  const ttls = steps.flatMap(({ ttlSeconds }) => (ttlSeconds === undefined ? [] : [ttlSeconds]));
  const notes = [
    ...(cnames.length === 0 ? [] : [`by way of ${cnames.join(', ')}`]),
    ...(ttls.length === 0 ? [] : [`TTL ${Math.min(...ttls)} s`]),
    ...(tries > 1 ? [`${tries} tries`] : []),
    duration(Math.max(...steps.map(({ durationMs }) => durationMs))),
    ...(detail === undefined ? [] : eachOnce(detail)),
  ];
  return `(${notes.join('; ')})`;
}

/** Several tries often end alike. */
function eachOnce(detail: string): readonly string[] {
  return [...new Set(detail.split('; '))];
}

/** Look-ups of the same host that found the same as earlier ones, in one sentence. */
export function tellAddressesAgain(steps: readonly [LookupStep, ...LookupStep[]]): string {
  const [{ name }] = steps;
  return `Looked up ${name} again: as before (${duration(Math.max(...steps.map(({ durationMs }) => durationMs)))}).`;
}

function sourceWords(source: LookupSource): string {
  switch (source.kind) {
    case 'configured-hosts':
      return 'in the setting dns.hosts';
    case 'localhost':
      return 'by itself (RFC 6761 section 6.3: localhost is this host)';
    case 'hosts-file':
      return 'in /etc/hosts';
    case 'server':
      return `at ${source.server}`;
  }
}
