import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import { failureClassOf } from '../../src/protocol/failure-class.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import type { CertificateFault } from '../../src/protocol/validation-failure.ts';
import { encodeDer, encodeOctetString, encodeSequence } from '../../src/x509/der-writer.ts';
import { encodeName } from '../../src/x509/distinguished-name.ts';
import { basicConstraints } from '../../src/x509/extensions.ts';
import { startAlpnServer } from '../support/alpn-server.ts';
import type { CertificateParts } from '../support/validation-certificate.ts';
import { acmeIdentifier, digestOf, names, validationCertificate } from '../support/validation-certificate.ts';
import type { SeenValidation } from '../support/validation-lab.ts';
import { questionFor, validate } from '../support/validation-lab.ts';

const V4 = '127.0.0.1';
const DAY_MS = 86_400_000;
const DIGEST = Buffer.from(digestOf()).toString('hex');
const OTHER_DIGEST = Buffer.from(digestOf('token.other-thumbprint')).toString('hex');
const SAN = '2.5.29.17';
const cleanUp: (() => Promise<void>)[] = [];

afterAll(async () => {
  await Promise.all(cleanUp.splice(0).map((stop) => stop()));
});

/** Has a real server show a certificate with these parts, and validates it. */
async function show(
  parts: CertificateParts,
  identifier: Identifier = { type: 'dns', value: 'dual.test' },
): Promise<SeenValidation & { readonly at: string }> {
  const server = await startAlpnServer(V4, 0, validationCertificate(parts));
  cleanUp.push(() => server.stop());
  const seen = await validate({
    zone: { 'dual.test': { A: [V4] } },
    tlsPort: server.port,
    question: { ...questionFor(identifier), challengeType: 'tls-alpn-01' },
  });
  return { ...seen, at: `${V4}:${server.port}` };
}

/** A subjectAltName of entries that the builder does not write: tag and content of each. */
function entries(...list: readonly (readonly [tag: number, content: Uint8Array | string])[]) {
  const encoded = list.map(([tag, content]) => encodeDer(tag, Buffer.from(content)));
  return { oid: SAN, critical: false, value: encodeSequence(...encoded) };
}

const DNS_TAG = 0x82;
const EMAIL_TAG = 0x81;
const IP_TAG = 0x87;
const own = names(['dual.test']);
/** As many extensions that nobody knows, each another, of 40 bytes or a little more. */
const unknown = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    oid: `1.3.6.1.4.1.99999.2.${index}`,
    critical: false,
    value: Buffer.alloc(20),
  }));
const unknownCritical = {
  oid: '1.3.6.1.4.1.99999.1',
  critical: true,
  value: encodeOctetString(Buffer.of(1)),
};

describe('a certificate passes', () => {
  test.each<[string, CertificateParts]>([
    ['with the digest of the key authorization, for the one name', {}],
    ['whose name is in upper case', { extensions: [names(['DUAL.Test']), acmeIdentifier()] }],
    ['with its extensions the other way around', { extensions: [acmeIdentifier(), own] }],
    [
      'with further extensions, also critical ones that nobody knows',
      { extensions: [own, unknownCritical, acmeIdentifier(), basicConstraints({ ca: true })] },
    ],
    [
      'with further extensions that are damaged',
      {
        extensions: [own, acmeIdentifier(), { oid: '2.5.29.15', critical: true, value: Buffer.from('junk') }],
      },
    ],
    ['of 15 kB', { extensions: [...unknown(370), own, acmeIdentifier()] }],
    ['that has expired', { notBefore: Date.now() - 3 * DAY_MS, notAfter: Date.now() - 2 * DAY_MS }],
    ['that is not valid yet', { notBefore: Date.now() + DAY_MS, notAfter: Date.now() + 2 * DAY_MS }],
    ['without a subject', { subject: encodeName(undefined) }],
    ['of an RSA key', { keys: generateKeyPairSync('rsa', { modulusLength: 2048 }) }],
    ['of a P-384 key', { keys: generateKeyPairSync('ec', { namedCurve: 'P-384' }) }],
    ['of an Ed25519 key', { keys: generateKeyPairSync('ed25519') }],
  ])('%s', async (_, parts) => {
    const { record, passed } = await show(parts);
    expect(record.failure).toBeUndefined();
    expect(passed).toBe(true);
    expect(record.steps.at(-1)).toMatchObject({
      step: 'compare',
      expected: DIGEST,
      received: [DIGEST],
      matched: true,
    });
  });
});

interface Wrong {
  readonly parts: CertificateParts;
  readonly identifier?: Identifier;
  readonly fault: CertificateFault;
  /** Of the detail, behind `Requested ... from ... `. */
  readonly says: string;
  readonly expected?: string;
  readonly received?: string;
  readonly advises: string;
}

const expected = 'DNS:dual.test';
const WRONG: Readonly<Record<string, Wrong>> = {
  'issued by another name': {
    parts: { issuer: encodeName('Some CA'), extensions: [own, acmeIdentifier()] },
    fault: 'not-self-signed',
    says: 'It must be self-signed, and is not: its issuer, "Some CA", is not its subject.',
    advises: 'The server must choose the certificate by the protocol "acme-tls/1"',
  },
  'issued by a name that differs in its string type alone': {
    parts: { subject: encodeName('acme'), issuer: sameTextAsUtf8('acme') },
    fault: 'not-self-signed',
    says: 'It must be self-signed, and is not: its issuer, "acme", is not its subject.',
    advises: 'by the protocol "acme-tls/1"',
  },
  "signed by another key in the subject's own name": {
    parts: { signer: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
    fault: 'not-self-signed',
    says: 'It must be self-signed, and is not: its own key did not make its signature.',
    advises: 'by the protocol "acme-tls/1"',
  },
  'with its acmeIdentifier twice': {
    parts: { extensions: [own, acmeIdentifier(), acmeIdentifier()] },
    fault: 'repeated-extension',
    says: 'No extension may stand in it twice: 1.3.6.1.5.5.7.1.31 stands there twice.',
    advises: 'Make the validation certificate as RFC 8737 section 3 says.',
  },
  'with two subject alternative names, of which the first is right': {
    parts: { extensions: [own, names(['other.test']), acmeIdentifier()] },
    fault: 'repeated-extension',
    says: 'No extension may stand in it twice: 2.5.29.17 stands there twice.',
    advises: 'RFC 8737 section 3',
  },
  'with an extension twice that nobody knows': {
    parts: { extensions: [own, unknownCritical, acmeIdentifier(), unknownCritical] },
    fault: 'repeated-extension',
    says: 'No extension may stand in it twice: 1.3.6.1.4.1.99999.1 stands there twice.',
    advises: 'RFC 8737 section 3',
  },
  'without a subjectAltName': {
    parts: { extensions: [acmeIdentifier()], subject: encodeName('dual.test') },
    fault: 'no-subject-alt-name',
    says: 'It has no subjectAltName extension, which must hold "DNS:dual.test" alone.',
    expected,
    advises: 'Make one validation certificate for each name, with that name and no other in it.',
  },
  'for another name': {
    parts: { extensions: [names(['other.test']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'Its subjectAltName extension must hold "DNS:dual.test" alone, and holds "DNS:other.test".',
    expected,
    received: 'DNS:other.test',
    advises: 'with that name and no other in it',
  },
  'for the name and a further one': {
    parts: { extensions: [names(['dual.test', 'www.dual.test']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and holds "DNS:dual.test, DNS:www.dual.test".',
    expected,
    received: 'DNS:dual.test, DNS:www.dual.test',
    advises: 'with that name and no other in it',
  },
  'for the name twice': {
    parts: { extensions: [names(['dual.test', 'dual.test']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and holds "DNS:dual.test, DNS:dual.test".',
    expected,
    received: 'DNS:dual.test, DNS:dual.test',
    advises: 'with that name and no other in it',
  },
  'for the name and an address': {
    parts: { extensions: [names(['dual.test'], [V4]), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and holds "DNS:dual.test, IP:127.0.0.1".',
    expected,
    received: 'DNS:dual.test, IP:127.0.0.1',
    advises: 'with that name and no other in it',
  },
  'for the name and an e-mail address': {
    parts: { extensions: [entries([DNS_TAG, 'dual.test'], [EMAIL_TAG, 'a@dual.test']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and holds "DNS:dual.test, email".',
    expected,
    received: 'DNS:dual.test, email',
    advises: 'with that name and no other in it',
  },
  'for the wildcard of the name': {
    parts: { extensions: [names(['*.dual.test']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and holds "DNS:*.dual.test".',
    expected,
    received: 'DNS:*.dual.test',
    advises: 'with that name and no other in it',
  },
  'for the name with a dot at its end': {
    parts: { extensions: [names(['dual.test.']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and holds "DNS:dual.test.".',
    expected,
    received: 'DNS:dual.test.',
    advises: 'with that name and no other in it',
  },
  'with a name that is followed by a zero byte and more': {
    parts: { extensions: [entries([DNS_TAG, 'dual.test\0.evil.test']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and cannot be read: One of its DNS names holds characters other than printable ASCII.',
    expected,
    advises: 'with that name and no other in it',
  },
  'with an empty subjectAltName': {
    parts: { extensions: [entries(), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "DNS:dual.test" alone, and cannot be read: Its subject alternative name extension is empty.',
    expected,
    advises: 'with that name and no other in it',
  },
  'with many names': {
    parts: {
      extensions: [names(Array.from({ length: 100 }, (_, index) => `n${index}.test`)), acmeIdentifier()],
    },
    fault: 'wrong-subject-alt-name',
    says: 'and holds "DNS:n0.test, DNS:n1.test,',
    expected,
    received: `${Array.from({ length: 32 }, (_, index) => `DNS:n${index}.test`).join(', ')}, 68 more`,
    advises: 'with that name and no other in it',
  },
  'for an address in words': {
    identifier: { type: 'ip', value: V4 },
    parts: { extensions: [names([V4]), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "IP:127.0.0.1" alone, and holds "DNS:127.0.0.1".',
    expected: 'IP:127.0.0.1',
    received: 'DNS:127.0.0.1',
    advises: 'with an iPAddress entry for an address (RFC 8738 section 4)',
  },
  'for the reverse name of an address': {
    identifier: { type: 'ip', value: V4 },
    parts: { extensions: [names(['1.0.0.127.in-addr.arpa']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "IP:127.0.0.1" alone, and holds "DNS:1.0.0.127.in-addr.arpa".',
    expected: 'IP:127.0.0.1',
    received: 'DNS:1.0.0.127.in-addr.arpa',
    advises: 'iPAddress',
  },
  'for another address': {
    identifier: { type: 'ip', value: V4 },
    parts: { extensions: [names([], ['127.0.0.2']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "IP:127.0.0.1" alone, and holds "IP:127.0.0.2".',
    expected: 'IP:127.0.0.1',
    received: 'IP:127.0.0.2',
    advises: 'iPAddress',
  },
  'for an address in 16 bytes that has 4': {
    identifier: { type: 'ip', value: V4 },
    parts: { extensions: [names([], ['::ffff:127.0.0.1']), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "IP:127.0.0.1" alone, and holds "IP:::ffff:',
    expected: 'IP:127.0.0.1',
    advises: 'iPAddress',
  },
  'for an address of 8 bytes (a network)': {
    identifier: { type: 'ip', value: V4 },
    parts: { extensions: [entries([IP_TAG, Buffer.from('7f000001ffffffff', 'hex')]), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "IP:127.0.0.1" alone, and cannot be read: One of its IP addresses has 8 bytes instead of 4 or 16.',
    expected: 'IP:127.0.0.1',
    advises: 'iPAddress',
  },
  'for an address and a name': {
    identifier: { type: 'ip', value: V4 },
    parts: { extensions: [names(['dual.test'], [V4]), acmeIdentifier()] },
    fault: 'wrong-subject-alt-name',
    says: 'must hold "IP:127.0.0.1" alone, and holds "DNS:dual.test, IP:127.0.0.1".',
    expected: 'IP:127.0.0.1',
    received: 'DNS:dual.test, IP:127.0.0.1',
    advises: 'iPAddress',
  },
  'without acmeIdentifier': {
    parts: { extensions: [own] },
    fault: 'no-acme-identifier',
    says: 'It has no acmeIdentifier extension (1.3.6.1.5.5.7.1.31): it is no validation certificate.',
    advises: 'by the protocol "acme-tls/1"',
  },
  "with the extension of RFC 8737's drafts instead": {
    parts: { extensions: [own, { ...acmeIdentifier(), oid: '1.3.6.1.5.5.7.1.30.1' }] },
    fault: 'no-acme-identifier',
    says: 'It has no acmeIdentifier extension',
    advises: 'by the protocol "acme-tls/1"',
  },
  'without extensions': {
    parts: { extensions: [] },
    fault: 'no-subject-alt-name',
    says: 'It has no subjectAltName extension',
    expected,
    advises: 'Make one validation certificate for each name',
  },
  'whose acmeIdentifier is not critical': {
    parts: { extensions: [own, acmeIdentifier(undefined, false)] },
    fault: 'acme-identifier-not-critical',
    says: 'Its acmeIdentifier extension (1.3.6.1.5.5.7.1.31) must be critical, and is not.',
    advises: 'Mark the extension critical (RFC 8737 section 3).',
  },
  'whose acmeIdentifier holds the bare digest': {
    parts: { extensions: [own, acmeIdentifier(digestOf())] },
    fault: 'acme-identifier-malformed',
    says: 'must hold an OCTET STRING of 32 bytes: It is not DER',
    advises: '32 bytes, neither in hexadecimal nor in base64',
  },
  'whose acmeIdentifier holds the digest in hexadecimal': {
    parts: { extensions: [own, acmeIdentifier(encodeOctetString(Buffer.from(DIGEST)))] },
    fault: 'acme-identifier-malformed',
    says: 'must hold an OCTET STRING of 32 bytes: It has one of 64 bytes.',
    advises: '32 bytes, neither in hexadecimal nor in base64',
  },
  'whose acmeIdentifier holds another type': {
    parts: { extensions: [own, acmeIdentifier(encodeDer(0x0c, digestOf()))] },
    fault: 'acme-identifier-malformed',
    says: 'must hold an OCTET STRING of 32 bytes: Its acmeIdentifier extension has the tag 0xc instead of 0x4.',
    advises: '32 bytes',
  },
  'whose acmeIdentifier has bytes behind the digest': {
    parts: {
      extensions: [own, acmeIdentifier(Buffer.concat([encodeOctetString(digestOf()), Buffer.of(5, 0)]))],
    },
    fault: 'acme-identifier-malformed',
    says: 'must hold an OCTET STRING of 32 bytes: It is not DER',
    advises: '32 bytes',
  },
  "with another key authorization's digest": {
    parts: { extensions: [own, acmeIdentifier(encodeOctetString(digestOf('token.other-thumbprint')))] },
    fault: 'wrong-digest',
    says: `Its acmeIdentifier extension must hold the SHA-256 digest of the key authorization, ${DIGEST}, and holds ${OTHER_DIGEST}.`,
    expected: DIGEST,
    received: OTHER_DIGEST,
    advises: 'Show the certificate of this challenge',
  },
};

function sameTextAsUtf8(commonName: string): Uint8Array {
  const printable = Buffer.from(encodeName(commonName));
  const at = printable.indexOf(commonName) - 2;
  printable[at] = 0x0c;
  return printable;
}

describe('a certificate fails', () => {
  test.each(Object.entries(WRONG))('%s', async (_, wrong) => {
    const { at, record } = await show(wrong.parts, wrong.identifier);
    const { failure, steps } = record;
    if (failure?.class !== 'certificate') throw new Error(`the failure is ${failure?.class}`);
    expect(failureClassOf(failure)).toBe('wrong-certificate');
    expect(failure.fault).toBe(wrong.fault);
    expect(failure.expected).toBe(wrong.expected);
    if (wrong.received !== undefined) expect(failure.received).toBe(wrong.received);
    const { code, detail } = explainFailure(failure);
    expect(code).toBe('unauthorized');
    const asked = wrong.identifier?.value ?? 'dual.test';
    expect(detail).toMatch(/^Incorrect validation certificate for tls-alpn-01 challenge\. /);
    expect(detail).toContain(`Requested ${asked} from ${at}. `);
    expect(detail).toContain(wrong.says);
    expect(detail).toContain(wrong.advises);
    const isDigest = wrong.fault === 'wrong-digest';
    expect(steps.at(-1)).toMatchObject(
      isDigest ? { step: 'compare', matched: false } : { step: 'certificate', alpn: 'acme-tls/1' },
    );
  });
});
