import { expect } from 'vitest';
import type { AcmeAnswer } from './acme-requests.ts';
import { problemOf } from './acme-requests.ts';
import type { TestCa } from './start-test-ca.ts';

/**
 * Makes a request that must be refused with the status and the problem's type, with a detail for people, and with every
 * row of the database as it was before.
 */
export async function requireRefused(
  ca: TestCa,
  refusal: readonly [status: number, code: string],
  request: () => Promise<AcmeAnswer>,
): Promise<AcmeAnswer> {
  const before = ca.contents();
  const answer = await request();
  expect([answer.status, problemOf(answer)], answer.text).toEqual(refusal);
  expect(answer.json).toMatchObject({
    status: refusal[0],
    detail: expect.stringMatching(/^.{20,}[.)]$/s),
  });
  expect(answer.headers.get('replay-nonce'), 'RFC 8555 section 6.5: an error has a nonce too').not.toBeNull();
  expect(ca.contents()).toEqual(before);
  return answer;
}
