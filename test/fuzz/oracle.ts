import { expect } from 'vitest';
import type { FuzzAnswer } from './fuzz-target.ts';

const URN = 'urn:ietf:params:acme:error:';

/** What of a program's inside could stand in a text: frames of a stack, source files, our folders, kinds of Error. */
const INSIDE =
  /\n\s+at |\.(?:ts|js|mjs|node):\d+|node_modules|node:internal|\b(?:Type|Range|Syntax|Reference|Sqlite)Error\b|SQLITE_|\[object |\/dist\/|\/src\/|\/tmp\//;

/** The most that an answer may have beyond what the request had: a refusal may quote it, and not multiply it. */
const LONGEST_OVERHEAD = 8 * 1024;

export interface Expectation {
  /** The problem types that a refusal may have here. */
  readonly codes: readonly string[];
  /** Whether a success is possible. */
  readonly success: boolean;
  /** The length of the request in bytes. */
  readonly requestLength: number;
}

/** The short type of the problem, or undefined for a success; throws for any other answer than these two. */
export function judge(answer: FuzzAnswer, expected: Expectation, about: string): string | undefined {
  const told = `${about}\nanswered ${answer.status} ${answer.text.slice(0, 2_000)}`;
  expect(answer.headers['replay-nonce'], `${told}\nRFC 8555 section 6.5: a nonce on every answer`).toMatch(
    /^[\w-]{22}$/,
  );
  if (answer.status >= 200 && answer.status < 300) {
    expect(expected.success, `this can be no success: ${told}`).toBe(true);
    return undefined;
  }
  const code = judgeProblem(answer.status, answer.headers['content-type'], answer.text, told);
  expect(expected.codes, told).toContain(code);
  expect(answer.text.length, `an answer that multiplies its request: ${told}`).toBeLessThan(
    // Escaping can make six characters of one, and subproblems name the value twice.
    LONGEST_OVERHEAD + 16 * expected.requestLength,
  );
  return code;
}

/** Checks that a refusal is a 4xx with a problem document for people, and answers its short type. */
export function judgeProblem(
  status: number,
  contentType: string | undefined,
  text: string,
  told: string,
): string {
  expect(status, told).toBeGreaterThanOrEqual(400);
  expect(status, told).toBeLessThan(500);
  expect(contentType, told).toBe('application/problem+json');
  const problem: unknown = JSON.parse(text);
  expect(problem, told).toMatchObject({
    status,
    type: expect.stringMatching(/^urn:ietf:params:acme:error:[A-Za-z]+$/),
    detail: expect.stringMatching(/^.{20,}[.)]$/s),
  });
  expect(String(Object(problem).detail), told).not.toMatch(INSIDE);
  return String(Object(problem).type).slice(URN.length);
}
