import fc from 'fast-check';
import asn1 from 'node-forge/lib/asn1.js';
import { describe, expect, test } from 'vitest';
import { membersOf, readObjectIdentifier, readUnsignedInteger } from '../../src/x509/der-cursor.ts';
import { readDer } from '../../src/x509/der-reader.ts';
import {
  encodeDer,
  encodeNamedBits,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
  encodeUnsignedInteger,
  encodeUtf8String,
} from '../../src/x509/der-writer.ts';
import { encodeTime, readTime } from '../../src/x509/time.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the writer of DER', () => {
  test('writes values of every length as node-forge reads and the reader compares', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 60_000]) {
      const der = encodeSequence(encodeOctetString(new Uint8Array(length).fill(7)));
      const forge = asn1.fromDer(Buffer.from(der).toString('latin1'), {
        strict: true,
        parseAllBytes: true,
        decodeBitStrings: false,
        maxDepth: 4,
      });
      expect(forge.value).toHaveLength(1);
      expect(readDer(der).children[0]?.content).toHaveLength(length);
    }
  });

  test.each([
    ['00', '020100'],
    ['0000', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['00ff01', '020300ff01'],
  ])('writes the unsigned integer %s as %s', (octets, der) => {
    expect(hex(encodeUnsignedInteger(Buffer.from(octets, 'hex')))).toBe(der);
  });

  test.each([
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
    ['2.5.29.17', '0603551d11'],
    ['2.999', '06028837'],
    ['1.3.6.1.4.1.99999999999', '060b2b0601040182f4c3dbcf7f'],
  ])('writes the object identifier %s', (dotted, der) => {
    expect(hex(encodeObjectIdentifier(dotted))).toBe(der);
    expect(readObjectIdentifier(readDer(Buffer.from(der, 'hex')), 'oid')).toBe(dotted);
  });

  test.each(['', '1', '3.1', '1..2', '1.02', 'a.b'])('refuses the object identifier %j', (dotted) => {
    expect(() => encodeObjectIdentifier(dotted)).toThrow(RangeError);
  });

  test('writes named bits without trailing zeros', () => {
    expect(hex(encodeNamedBits([0]))).toBe('03020780');
    expect(hex(encodeNamedBits([0, 2]))).toBe('030205a0');
    expect(hex(encodeNamedBits([5, 6]))).toBe('03020106');
    expect(hex(encodeNamedBits([8]))).toBe('0303070080');
    expect(hex(encodeNamedBits([]))).toBe('030100');
  });

  test('writes UTF-8, not Latin-1', () => {
    expect(hex(encodeUtf8String('ü'))).toBe('0c02c3bc');
  });

  test('writes what is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (values) => {
        const der = encodeSequence(...values.map(encodeOctetString), ...values.map(encodeUnsignedInteger));
        const members = membersOf(readDer(der), 'list');
        for (const value of values) expect(hex(members.take('value').content)).toBe(hex(value));
        for (const value of values) {
          const read = hex(readUnsignedInteger(members.take('number'), 'number'));
          expect(BigInt(`0x${read}`)).toBe(BigInt(`0x0${hex(value)}`));
        }
        members.end('list');
      }),
    );
  });

  test('keeps the octets of a BMPString', () => {
    const der = encodeDer(0x1e, Uint8Array.of(0x00, 0x41, 0xd8, 0x3d));
    expect(hex(readDer(der).content)).toBe('0041d83d');
  });
});

describe('a time', () => {
  test.each([
    ['1950-01-01T00:00:00Z', '170d3530303130313030303030305a'],
    ['2049-12-31T23:59:59Z', '170d3439313233313233353935395a'],
    ['2050-01-01T00:00:00Z', '180f32303530303130313030303030305a'],
    ['9999-12-31T23:59:59Z', '180f39393939313233313233353935395a'],
  ])('%s is written as RFC 5280 section 4.1.2.5 says, and read back', (iso, der) => {
    const milliseconds = Date.parse(iso);
    expect(hex(encodeTime(milliseconds + 999))).toBe(der);
    expect(readTime(readDer(Buffer.from(der, 'hex')), 'time')).toBe(milliseconds);
  });

  test.each(['1949-12-31T23:59:59Z', '+010000-01-01T00:00:00Z'])('%s cannot be written', (iso) => {
    expect(() => encodeTime(Date.parse(iso))).toThrow(RangeError);
  });

  test.each([
    '20240230000000Z',
    '20241301000000Z',
    '20240101000000',
    '20240101000000+0100',
    '20240101000000.5Z',
  ])('%s is refused', (text) => {
    expect(() => readTime(readDer(encodeDer(0x18, Buffer.from(text))), 'time')).toThrow(/is not a time/);
  });
});
