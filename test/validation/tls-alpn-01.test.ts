import { afterEach, expect, test } from 'vitest';
import { startAlpnServer } from '../support/alpn-server.ts';
import { validationCertificate } from '../support/validation-certificate.ts';
import { questionFor, validate } from '../support/validation-lab.ts';

const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(cleanUp.splice(0).map((stop) => stop()));
});

test('a validation certificate is accepted, and the server sees a completed handshake for the name', async () => {
  const server = await startAlpnServer('127.0.0.1', 0, validationCertificate());
  cleanUp.push(() => server.stop());
  const { passed, record } = await validate({
    zone: { 'dual.test': { A: ['127.0.0.1'] } },
    tlsPort: server.port,
    question: { ...questionFor(), challengeType: 'tls-alpn-01' },
  });
  expect(record.failure).toBeUndefined();
  expect(passed).toBe(true);
  await server.drained();
  expect(server.handshakes).toEqual([{ serverName: 'dual.test', protocol: 'acme-tls/1' }]);
  expect(server.failed).toEqual([]);
});
