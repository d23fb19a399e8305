import request from 'supertest';
import { expect, test } from 'vitest';
import { createPublicationApplication, issuerPath } from '../../src/http/publication/application.ts';

const der = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x07);
const application = createPublicationApplication(() => [{ subjectKeyId: '0a1b', der }]);

test('an issuer is served as DER under its key identifier (RFC 5280 section 4.2.2.1)', async () => {
  const response = await request(application)
    .get(issuerPath('0a1b'))
    .buffer(true)
    .responseType('arraybuffer');
  expect(response.status).toBe(200);
  expect(response.headers).toMatchObject({
    'content-type': 'application/pkix-cert',
    'content-length': '5',
    'cache-control': 'public, max-age=3600',
  });
  expect([...response.body]).toEqual([...der]);
  expect(response.headers).not.toHaveProperty('x-powered-by');
});

test('HEAD has the headers and no body', async () => {
  const response = await request(application).head(issuerPath('0a1b'));
  expect([response.status, response.headers['content-length'], response.text]).toEqual([200, '5', undefined]);
});

test.each([
  ['/issuer/ffff.der', 'No issuer of this server has that key identifier.\n'],
  ['/issuer/0A1B.der', 'No issuer of this server has that key identifier.\n'],
  ['/issuer/0a1b.der/', 'No issuer of this server has that key identifier.\n'],
  ['/ISSUER/0a1b.der', 'There is nothing at this URL. Issuer certificates are below /issuer/.\n'],
  ['/', 'There is nothing at this URL. Issuer certificates are below /issuer/.\n'],
])('%s is not found', async (path, text) => {
  const response = await request(application).get(path);
  expect([response.status, response.type, response.text]).toEqual([404, 'text/plain', text]);
});

test('other methods are answered 405 with Allow', async () => {
  const response = await request(application).post(issuerPath('0a1b')).send('x');
  expect([response.status, response.headers.allow]).toEqual([405, 'GET, HEAD']);
});

test('a path that cannot be decoded is a bad request, and no fault of ours', async () => {
  const response = await request(application).get('/issuer/%zz');
  expect([response.status, response.text]).toEqual([400, 'This URL cannot be read.\n']);
});
