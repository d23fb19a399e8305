import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { ZoneEntry } from '../support/validation-lab.ts';
import { KEY_AUTHORIZATION, tableResolver, validate } from '../support/validation-lab.ts';

const NAME = '_acme-challenge.dual.test';
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');

async function validateTxt(txt: ZoneEntry['TXT']) {
  const zone = txt === undefined ? {} : { [NAME]: { TXT: txt } };
  const resolver = tableResolver(zone);
  const verdict = await validate({ resolver, question: { challengeType: 'dns-01' } });
  const { failure } = verdict.record;
  const problem = failure === undefined ? { code: 'none', detail: '' } : explainFailure(failure);
  return { ...verdict, ...problem, asked: resolver.asked };
}

describe('dns-01', () => {
  test.each([
    ['is the digest', [DIGEST]],
    ['is the digest, beside others', ['v=spf1 -all', DIGEST, 'x'.repeat(5000)]],
    [
      'is the digest, far down a long list',
      [...Array.from({ length: 100 }, (_, index) => `${index}`), DIGEST],
    ],
  ])('passes when one TXT record %s', async (_, values) => {
    const { passed, asked, dialled } = await validateTxt(values);
    expect(passed).toBe(true);
    expect(asked).toEqual([`TXT ${NAME}`]);
    expect(dialled).toEqual([]);
  });

  test.each([
    ['the key authorization itself', [KEY_AUTHORIZATION]],
    ['the digest with padding', [`${DIGEST}=`]],
    ['the digest with white space', [`${DIGEST} `]],
    ['the digest in other letters', [DIGEST.toUpperCase()]],
    ['nothing at all', ['']],
  ])('is unauthorized when the record holds %s', async (_, values) => {
    const { passed, code, detail } = await validateTxt(values);
    expect(passed).toBe(false);
    expect(code).toBe('unauthorized');
    expect(detail).toContain(`Incorrect TXT record "${values[0]}" found at ${NAME}`);
    expect(detail).toContain(DIGEST);
  });

  test('says how many further wrong records there are, and keeps their bytes from a terminal', async () => {
    const { detail, record } = await validateTxt(['\u001b[2Jone', 'two', 'three']);
    expect(detail).toContain(`Incorrect TXT record "\\x1b[2Jone" (and 2 more) found at ${NAME}`);
    expect(JSON.stringify(record)).not.toContain('\\u001b');
  });

  test('counts the wrong records that are not kept, too', async () => {
    const { detail, record } = await validateTxt(Array.from({ length: 500 }, (_, index) => `v${index}`));
    expect(detail).toContain(`Incorrect TXT record "v0" (and 499 more) found at ${NAME}`);
    expect(record.failure).toMatchObject({ received: Array.from({ length: 32 }, (_, index) => `v${index}`) });
  });

  test('is unauthorized when there is no TXT record', async () => {
    const { code, detail } = await validateTxt('empty');
    expect(code).toBe('unauthorized');
    expect(detail).toContain(`No TXT record found at ${NAME}`);
  });

  test.each([
    ['the name does not exist', undefined, 'NXDOMAIN'],
    ['the server fails', 'servfail', 'SERVFAIL'],
    ['nobody answers', 'timeout', 'query timed out'],
    ['there is nobody to ask', 'no-server', 'no DNS server to ask'],
  ] as const)('is a dns error when %s', async (_, outcome, words) => {
    const { code, detail } = await validateTxt(outcome);
    expect(code).toBe('dns');
    expect(detail).toContain(`DNS problem: ${words} looking up TXT for ${NAME}`);
  });
});
