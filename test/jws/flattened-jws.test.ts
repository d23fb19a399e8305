import { describe, expect, test } from 'vitest';
import { parseFlattenedJws } from '../../src/jws/flattened-jws.ts';

const HEADER = { alg: 'ES256', nonce: 'abc_-9', url: 'https://ca.test/order', kid: 'https://ca.test/acct/1' };

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function body(members: object): Uint8Array {
  return Buffer.from(JSON.stringify(members));
}

function withHeader(header: unknown): Uint8Array {
  return body({ protected: encode(header), payload: encode('{}'), signature: encode('signature') });
}

const SOUND = { protected: encode(HEADER), payload: encode('{"a":1}'), signature: encode('signature') };

test('reads header, payload, signature and the octets that were signed', () => {
  const result = parseFlattenedJws(body(SOUND));
  if (!result.ok) throw new Error(result.refusal.detail);
  const { header, payload, signature, signingInput } = result.value;
  expect(header).toEqual(HEADER);
  expect(Buffer.from(payload).toString()).toBe('{"a":1}');
  expect(Buffer.from(signature).toString()).toBe('signature');
  expect(Buffer.from(signingInput).toString()).toBe(`${SOUND.protected}.${SOUND.payload}`);
});

test('takes an empty payload, which makes a POST-as-GET (RFC 8555 section 6.3)', () => {
  const result = parseFlattenedJws(body({ ...SOUND, payload: '' }));
  expect(result.ok && result.value.payload.length).toBe(0);
});

test('passes a jwk on as it was sent', () => {
  const result = parseFlattenedJws(withHeader({ alg: 'ES256', jwk: { kty: 'EC', odd: [1] } }));
  expect(result.ok && result.value.header).toEqual({ alg: 'ES256', jwk: { kty: 'EC', odd: [1] } });
});

test('ignores members and header parameters that it does not know (RFC 7515 sections 4 and 7.2)', () => {
  expect(parseFlattenedJws(body({ ...SOUND, extra: 1 })).ok).toBe(true);
  const result = parseFlattenedJws(withHeader({ ...HEADER, typ: 'JOSE', x5c: [] }));
  expect(result.ok && result.value.header).toEqual(HEADER);
});

const REFUSED: readonly (readonly [claim: string, body: Uint8Array, reason: string])[] = [
  ['an empty body', Buffer.alloc(0), 'not-json'],
  ['a body that is no JSON', Buffer.from('{'), 'not-json'],
  ['a JSON array', Buffer.from('[]'), 'not-json'],
  ['JSON null', Buffer.from('null'), 'not-json'],
  ['invalid UTF-8', Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')]), 'not-json'],
  ['a byte order mark', Buffer.from(`\uFEFF${JSON.stringify(SOUND)}`), 'not-json'],
  ['the compact serialization', Buffer.from('a.b.c'), 'not-json'],
  [
    'the general serialization',
    body({ payload: SOUND.payload, signatures: [{ protected: SOUND.protected, signature: 'AA' }] }),
    'not-flattened',
  ],
  ['signatures beside signature', body({ ...SOUND, signatures: [] }), 'not-flattened'],
  ['an unprotected header', body({ ...SOUND, header: { kid: 'x' } }), 'not-flattened'],
  ['an unprotected header of null', body({ ...SOUND, header: null }), 'not-flattened'],
  ['no protected header', body({ payload: '', signature: 'AA' }), 'missing-member'],
  ['no payload', body({ protected: SOUND.protected, signature: 'AA' }), 'missing-member'],
  ['no signature', body({ protected: SOUND.protected, payload: '' }), 'missing-member'],
  ['an empty signature', body({ ...SOUND, signature: '' }), 'missing-member'],
  ['a payload that is an object', body({ ...SOUND, payload: {} }), 'missing-member'],
  ['padding', body({ ...SOUND, payload: 'eyJhIjoxfQ==' }), 'bad-base64url'],
  ['the alphabet of plain base64', body({ ...SOUND, signature: '+/+/' }), 'bad-base64url'],
  ['white space in base64url', body({ ...SOUND, signature: 'AAAA\n' }), 'bad-base64url'],
  ['set bits beyond the last octet', body({ ...SOUND, signature: 'AB' }), 'bad-base64url'],
  ['a lone base64url character', body({ ...SOUND, signature: 'AAAAA' }), 'bad-base64url'],
  ['a character beyond ASCII', body({ ...SOUND, payload: 'AA\u0100A' }), 'bad-base64url'],
  ['a header that is no object', withHeader([]), 'bad-header'],
  ['a header that is no JSON', withHeader('{'), 'bad-header'],
  ['no alg', withHeader({ nonce: 'a' }), 'bad-header'],
  ['an alg that is a number', withHeader({ alg: 1 }), 'bad-header'],
  [
    'a nonce that is not base64url (RFC 8555 section 6.5.2)',
    withHeader({ ...HEADER, nonce: 'a+b=' }),
    'bad-header',
  ],
  ['an empty nonce', withHeader({ ...HEADER, nonce: '' }), 'bad-header'],
  ['a url that is a number', withHeader({ ...HEADER, url: 5 }), 'bad-header'],
  ['a kid that is an object', withHeader({ ...HEADER, kid: {} }), 'bad-header'],
  [
    'a critical extension (RFC 7515 section 4.1.11)',
    withHeader({ ...HEADER, crit: ['exp'] }),
    'critical-extension',
  ],
  ['an empty crit', withHeader({ ...HEADER, crit: [] }), 'critical-extension'],
  [
    'an unencoded payload (RFC 7797)',
    withHeader({ ...HEADER, b64: false, crit: ['b64'] }),
    'unencoded-payload',
  ],
];

describe('refuses', () => {
  test.each(REFUSED)('%s', (_claim, bytes, reason) => {
    const result = parseFlattenedJws(bytes);
    expect(result.ok ? 'accepted' : result.refusal.reason).toBe(reason);
    expect(result.ok ? '' : result.refusal.detail).toMatch(/^[A-Z"].*\.$/);
  });
});
