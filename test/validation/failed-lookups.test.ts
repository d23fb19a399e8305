import { expect, test } from 'vitest';
import { resolverFor } from '../dns/resolver-for.ts';
import type { DnsReply } from '../support/dns-server.ts';
import { rawRecord, startDnsServer } from '../support/dns-server.ts';
import { validate } from '../support/validation-lab.ts';

async function failureFor(reply: DnsReply) {
  const dns = await startDnsServer(() => reply);
  const resolver = resolverFor({ servers: [dns.server] });
  const { record } = await validate({ resolver });
  resolver.close();
  await dns.stop();
  return record.failure;
}

test('a failure keeps what the server said about its error, printable and cut', async () => {
  const extendedErrors = [{ code: 6, text: `signature expired\n${'x'.repeat(300)}` }];
  expect(await failureFor({ rcode: 2, extendedErrors })).toMatchObject({
    class: 'lookup',
    lookups: [
      {
        outcome: 'servfail',
        because: expect.stringMatching(
          /^the server says DNSSEC Bogus \(extended error 6\): signature expired\?x+\.\.\.$/,
        ),
      },
      { outcome: 'servfail' },
    ],
  });
});

test('a failure keeps what is wrong with an answer', async () => {
  expect(await failureFor({ answers: [rawRecord('dual.test', 1, Buffer.from([192, 0, 2]))] })).toMatchObject({
    class: 'lookup',
    lookups: [
      { outcome: 'malformed-answer', because: 'the answer is damaged: an A record is not 4 bytes long' },
      { outcome: 'malformed-answer' },
    ],
  });
});

test('without more than the code there is nothing to keep', async () => {
  const failure = await failureFor({ rcode: 2 });
  expect(failure).toMatchObject({
    class: 'lookup',
    lookups: [{ outcome: 'servfail' }, { outcome: 'servfail' }],
  });
  expect(JSON.stringify(failure)).not.toContain('because');
});
