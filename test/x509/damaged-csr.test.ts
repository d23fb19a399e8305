import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { createCsr, exportPublicKey } from '../../src/x509/create-csr.ts';
import type { CsrRefusal } from '../../src/x509/csr.ts';
import { parseCsr } from '../../src/x509/csr.ts';
import {
  encodeBitString,
  encodeDer,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeUnsignedInteger,
} from '../../src/x509/der-writer.ts';
import { encodeExtensions } from '../../src/x509/extension.ts';
import { subjectAlternativeName } from '../../src/x509/extensions.ts';
import { encodeSignatureAlgorithm, signBytes } from '../../src/x509/signature-algorithm.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const sound = createCsr({
  privateKey,
  dnsNames: ['a.example'],
  ipAddresses: ['192.0.2.1'],
  commonName: 'a.example',
});
const names = subjectAlternativeName({ dnsNames: ['a.example'], ipAddresses: [], critical: false });
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

function reasonOf(der: Uint8Array): CsrRefusal['reason'] | 'none' {
  const result = parseCsr(der);
  return result.ok ? 'none' : result.refusal.reason;
}

function attribute(oid: string, ...values: readonly Uint8Array[]): Uint8Array {
  return encodeSequence(encodeObjectIdentifier(oid), encodeDer(0x31, ...values));
}

interface Parts {
  readonly version?: number;
  readonly spki?: Uint8Array;
  readonly attributes?: readonly Uint8Array[];
  readonly subject?: Uint8Array;
}

/** A request put together from parts, with a good signature over whatever it is. */
function assemble({
  version = 0,
  spki = exportPublicKey(privateKey),
  attributes = [],
  subject = encodeSequence(),
}: Parts): Uint8Array {
  const info = encodeSequence(
    encodeUnsignedInteger(Uint8Array.of(version)),
    subject,
    spki,
    encodeDer(0xa0, ...attributes),
  );
  const signature = signBytes('ECDSA-SHA256', privateKey, info);
  return encodeSequence(info, encodeSignatureAlgorithm('ECDSA-SHA256'), encodeBitString(signature));
}

function pointOffItsCurve(): Uint8Array {
  const spki = Uint8Array.from(exportPublicKey(privateKey));
  spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
  return spki;
}

function nested(depth: number): Uint8Array {
  let der = encodeNull();
  for (let level = 1; level < depth; level += 1) der = encodeSequence(der);
  return der;
}

describe('a damaged request', () => {
  test.each<[string, CsrRefusal['reason'], Uint8Array]>([
    ['is empty', 'not-der', new Uint8Array(0)],
    ['is cut off', 'not-der', sound.subarray(0, sound.length - 1)],
    ['is followed by a byte', 'not-der', Buffer.concat([sound, Uint8Array.of(0)])],
    [
      'has a length that is not the shortest',
      'not-der',
      Buffer.concat([Uint8Array.of(0x30, 0x83, 0, ...lengthOf(sound)), sound.subarray(headerOf(sound))]),
    ],
    [
      'has an indefinite length',
      'not-der',
      Buffer.concat([Uint8Array.of(0x30, 0x80), sound.subarray(headerOf(sound)), Uint8Array.of(0, 0)]),
    ],
    [
      'has an INTEGER that is not the shortest',
      'not-der',
      encodeSequence(encodeDer(0x02, Uint8Array.of(0, 0))),
    ],
    ['has an odd BOOLEAN', 'not-der', encodeSequence(encodeDer(0x01, Uint8Array.of(1)))],
    ['has an OCTET STRING in pieces', 'not-der', encodeSequence(encodeDer(0x24, encodeDer(0x04)))],
    ['has a primitive SEQUENCE', 'not-der', encodeDer(0x10)],
    ['has unused bits that are set', 'not-der', encodeSequence(encodeDer(0x03, Uint8Array.of(1, 1)))],
    [
      'has an OBJECT IDENTIFIER that does not end',
      'not-der',
      encodeSequence(encodeDer(0x06, Uint8Array.of(0x80))),
    ],
    [
      'has an endless OBJECT IDENTIFIER',
      'not-der',
      encodeSequence(encodeDer(0x06, Buffer.concat([Buffer.alloc(60_000, 0xff), Uint8Array.of(1)]))),
    ],
    ['has a tag of two bytes', 'not-der', encodeSequence(Uint8Array.of(0x1f, 0x20, 0))],
    ['has a length beyond 32 bits', 'not-der', Uint8Array.of(0x30, 0x85, 1, 0, 0, 0, 0)],
    ['is nested too deep', 'too-deep', nested(33)],
    ['is nested far too deep', 'too-deep', nested(15_000)],
    ['is too large', 'too-large', encodeDer(0x04, new Uint8Array(64 * 1024))],
    ['is another structure', 'structure', nested(32)],
    ['is a lone value', 'structure', encodeNull()],
    ['has another version', 'structure', assemble({ version: 1 })],
    [
      'has a common name that is not UTF-8',
      'structure',
      assemble({ subject: subjectOf(encodeDer(0x0c, Uint8Array.of(0xff))) }),
    ],
    [
      'has a common name that is a number',
      'structure',
      assemble({ subject: subjectOf(encodeUnsignedInteger(Uint8Array.of(1))) }),
    ],
    ['has a compressed point', 'structure', assemble({ spki: ecSpki(Buffer.alloc(33, 2)) })],
    ['has a key off its curve', 'bad-key', assemble({ spki: pointOffItsCurve() })],
    [
      'has an attribute twice',
      'duplicate',
      assemble({
        attributes: [
          attribute(EXTENSION_REQUEST, encodeExtensions([names])),
          attribute(EXTENSION_REQUEST, encodeExtensions([names])),
        ],
      }),
    ],
    [
      'has an extension twice',
      'duplicate',
      assemble({ attributes: [attribute(EXTENSION_REQUEST, encodeExtensions([names, names]))] }),
    ],
    [
      'asks for two lists of extensions',
      'structure',
      assemble({
        attributes: [attribute(EXTENSION_REQUEST, encodeExtensions([names]), encodeExtensions([]))],
      }),
    ],
    [
      'has an address of five bytes',
      'structure',
      assemble({
        attributes: [
          attribute(
            EXTENSION_REQUEST,
            encodeExtensions([{ ...names, value: encodeSequence(encodeDer(0x87, new Uint8Array(5))) }]),
          ),
        ],
      }),
    ],
    [
      'has a DNS name that is not ASCII',
      'structure',
      assemble({
        attributes: [
          attribute(
            EXTENSION_REQUEST,
            encodeExtensions([
              { ...names, value: encodeSequence(encodeDer(0x82, Uint8Array.of(0xc3, 0xbc))) },
            ]),
          ),
        ],
      }),
    ],
    [
      'has alternative names that are not DER',
      'not-der',
      assemble({
        attributes: [
          attribute(
            EXTENSION_REQUEST,
            encodeExtensions([{ ...names, value: Uint8Array.of(0x30, 0x80, 0, 0) }]),
          ),
        ],
      }),
    ],
    [
      'has no alternative names in their extension',
      'structure',
      assemble({
        attributes: [attribute(EXTENSION_REQUEST, encodeExtensions([{ ...names, value: encodeSequence() }]))],
      }),
    ],
  ])('that %s is refused as %s', (_what, reason, der) => {
    expect(reasonOf(der)).toBe(reason);
  });

  test('that is whole is not refused', () => {
    expect(reasonOf(sound)).toBe('none');
    expect(reasonOf(assemble({}))).toBe('none');
  });

  test('shows that its signature is bad', () => {
    for (const index of [sound.length - 1, sound.indexOf('a'.charCodeAt(0), 20)]) {
      const changed = Uint8Array.from(sound);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const result = parseCsr(changed);
      expect(result.ok && result.value.signatureValid).toBe(false);
      expect(result.ok).toBe(true);
    }
  });

  test('with a signature of another kind of key is not signed', () => {
    const info = encodeSequence(
      encodeUnsignedInteger(Uint8Array.of(0)),
      encodeSequence(),
      exportPublicKey(rsa.publicKey),
      encodeDer(0xa0),
    );
    const signature = encodeBitString(signBytes('ECDSA-SHA256', privateKey, info));
    const result = parseCsr(encodeSequence(info, encodeSignatureAlgorithm('ECDSA-SHA256'), signature));
    expect(result).toMatchObject({ ok: true, value: { signatureValid: false } });
  });
});

describe('bytes from anywhere', () => {
  const rsaCsr = createCsr({
    privateKey: rsa.privateKey,
    dnsNames: ['b.example'],
    ipAddresses: ['2001:db8::1'],
  });

  test('never make a reader throw when they are random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseCsr(bytes);
        parseCertificate(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('never make a reader throw when they are a request with changed bytes, and are never taken for signed', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(sound, rsaCsr),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (csr, changes) => {
          const changed = Uint8Array.from(csr);
          for (const [at, octet] of changes) changed[at % changed.length] = octet;
          const result = parseCsr(changed);
          parseCertificate(changed);
          // ECDSA signatures can be altered into others that are good, but not over other bytes.
          if (result.ok && result.value.signatureValid) expect(infoDigest(changed)).toBe(infoDigest(csr));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('never make a reader throw when they are a request with bytes taken out or put in', () => {
    fc.assert(
      fc.property(fc.nat(sound.length), fc.nat(8), fc.uint8Array({ maxLength: 8 }), (at, cut, inserted) => {
        parseCsr(Buffer.concat([sound.subarray(0, at), inserted, sound.subarray(at + cut)]));
      }),
      { numRuns: 1000 },
    );
  });
});

function infoDigest(csr: Uint8Array): string {
  const info = csr.subarray(headerOf(csr));
  const length =
    headerOf(info) + info.subarray(2, headerOf(info)).reduce((sum, octet) => sum * 256 + octet, 0);
  return createHash('sha256').update(info.subarray(0, length)).digest('hex');
}

/** How many octets tag and length take, of a value of more than 127 octets. */
function headerOf(der: Uint8Array): number {
  return 2 + ((der[1] ?? 0) & 0x7f);
}

function lengthOf(der: Uint8Array): readonly number[] {
  const octets = [...der.subarray(2, headerOf(der))];
  return octets.length === 1 ? [0, ...octets] : octets;
}

function subjectOf(value: Uint8Array): Uint8Array {
  return encodeSequence(encodeDer(0x31, encodeSequence(encodeObjectIdentifier('2.5.4.3'), value)));
}

function ecSpki(point: Uint8Array): Uint8Array {
  const algorithm = encodeSequence(
    encodeObjectIdentifier('1.2.840.10045.2.1'),
    encodeObjectIdentifier('1.2.840.10045.3.1.7'),
  );
  return encodeSequence(algorithm, encodeBitString(point));
}

test.each([
  ['a length of nine octets', Uint8Array.of(0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1)],
  ['a length beyond the end', Uint8Array.of(0x30, 0x05, 0x05, 0x00)],
  ['bytes behind it', Uint8Array.of(0x30, 0x00, 0x00)],
])('what is said about %s is a sentence of ours, not the words of a library', (_what, der) => {
  const result = parseCsr(der);
  expect(result.ok ? '' : result.refusal.detail).toBe(
    'It is not DER: it is cut off, a length in it does not fit, or bytes follow it.',
  );
});
