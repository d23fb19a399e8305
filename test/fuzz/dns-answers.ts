import { isIPv4, isIPv6 } from 'node:net';
import { expect } from 'vitest';
import type { Answer, RecordType } from '../../src/dns/resolver.ts';
import type { SoundAnswer } from './dns-lies.ts';

/** What a forged message brings; no sound answer has it. */
export const POISON: Readonly<Record<RecordType, string>> = {
  A: '192.0.2.66',
  AAAA: '2001:db8::66',
  TXT: 'the poison of a forged answer',
  CAA: '0 issue "poison.test"',
};

const OUTCOMES = [
  'answered',
  'empty',
  'nxdomain',
  'servfail',
  'refused',
  'other-rcode',
  'timeout',
  'network-error',
  'malformed-answer',
];
/** The tries of one question, and the questions that eight CNAMEs may need. */
const MOST_TRIES = 3 * 9;
/** Twice the longest name with its escapes, and some words. */
const LONGEST_DETAIL = 2500;

/** Checks what is true of an answer whatever the server did. */
export function judgeShape(answer: Answer, type: RecordType): void {
  expect(OUTCOMES).toContain(answer.outcome);
  expect(answer.type).toBe(type);
  expect(answer.source.kind).toBe('server');
  expect(answer.values.length > 0).toBe(answer.outcome === 'answered');
  for (const value of answer.values) expect(value).not.toBe(POISON[type]);
  for (const value of answer.values) expect(isOfType(value, type), `${type} ${value}`).toBe(true);
  expect(answer.caa?.length).toBe(
    type === 'CAA' && answer.outcome === 'answered' ? answer.values.length : undefined,
  );
  for (const { tag } of answer.caa ?? []) expect(tag).toMatch(/^[a-z0-9]{1,255}$/);
  for (const name of answer.cnames) expect(name).toMatch(/^[\x21-\x7e]{0,1012}$/);
  expect(answer.detail ?? '').toMatch(/^[\x20-\x7e]*$/);
  expect((answer.detail ?? '').length).toBeLessThan(LONGEST_DETAIL);
  expect(answer.ttlSeconds ?? 0).toBeLessThan(2 ** 31);
  expect(answer.tries).toBeLessThanOrEqual(MOST_TRIES);
}

function isOfType(value: string, type: RecordType): boolean {
  if (type === 'A') return isIPv4(value);
  if (type === 'AAAA') return isIPv6(value);
  return type === 'TXT' || /^\d{1,3} [a-z0-9]+ "[\x20-\x7e]*"$/.test(value);
}

/** Checks that the answer is the sound one, and nothing else. */
export function judgeSound(answer: Answer, sound: SoundAnswer): void {
  const { type, rcode, values, extraText } = sound;
  judgeShape(answer, type);
  const outcome = { 0: values.length > 0 ? 'answered' : 'empty', 2: 'servfail', 3: 'nxdomain' }[rcode];
  expect(answer).toMatchObject({ outcome, values: rcode === 0 ? values : [] });
  if (rcode !== 2 && (outcome !== 'empty' || sound.cnames === 0))
    expect(answer.cnames).toHaveLength(sound.cnames);
  if (outcome === 'answered' || extraText === undefined) expect(answer.detail).toBeUndefined();
  else expect(answer.detail).toContain('DNSSEC Bogus (extended error 6)');
}
