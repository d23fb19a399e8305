import { expect, test } from 'vitest';
import { HttpReader } from '../../bench/load/http-reader.ts';

const ANSWERS: readonly (readonly [string, string, string])[] = [
  ['a length', 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\nReplay-Nonce: n1\r\n\r\nhello', 'hello'],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
    'hello',
  ],
  ['no content', 'HTTP/1.1 204 No Content\r\nReplay-Nonce: n1\r\n\r\n', ''],
];

test.each(ANSWERS)('an answer with %s is read, however it is cut into pieces', (_, text, body) => {
  for (let cut = 1; cut < text.length; cut += 1) {
    const reader = new HttpReader(false);
    expect(reader.push(Buffer.from(text.slice(0, cut)))).toBeUndefined();
    expect(reader.push(Buffer.from(text.slice(cut)))?.body).toBe(body);
  }
});

test('an answer to HEAD has no body, whatever length it names', () => {
  const answer = new HttpReader(true).push(
    Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n'),
  );
  expect(answer).toMatchObject({ status: 200, body: '', closes: true });
});
