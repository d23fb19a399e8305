import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { CertificateRequest } from '../../src/x509/csr.ts';
import { parseCsr } from '../../src/x509/csr.ts';
import { decodePem } from '../../src/x509/pem.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { hasOpenssl, openssl } from './openssl.ts';

const folder = temporaryFolder(afterAll);

function makeCsr(newKey: readonly string[], configuration: string, ...extra: string[]): Uint8Array {
  const config = join(folder, 'req.cnf');
  writeFileSync(config, `[req]\ndistinguished_name=dn\nprompt=no\nreq_extensions=ext\n${configuration}`);
  const keyOut = join(folder, 'key.pem');
  const pem = openssl(['req', '-new', ...newKey, '-nodes', '-keyout', keyOut, '-config', config, ...extra]);
  const [block] = decodePem(pem.toString());
  if (block === undefined) throw new Error('openssl printed no request');
  return block.der;
}

function parsed(der: Uint8Array): CertificateRequest {
  const result = parseCsr(der);
  if (!result.ok) throw new Error(`${result.refusal.reason}: ${result.refusal.detail}`);
  return result.value;
}

const PLAIN =
  '[dn]\nCN=a.example.com\n[ext]\nsubjectAltName=DNS:a.example.com,DNS:B.example.com,IP:192.0.2.1,IP:2001:DB8::1\n';
const EC = ['-newkey', 'ec', '-pkeyopt'];

describe.skipIf(!hasOpenssl)('a request made by openssl (skipped where there is no openssl)', () => {
  test.each([
    ['RSA', ['-newkey', 'rsa:2048'], 'RSA-SHA256'],
    ['EC', [...EC, 'ec_paramgen_curve:P-256'], 'ECDSA-SHA256'],
    ['EC', [...EC, 'ec_paramgen_curve:P-384'], 'ECDSA-SHA256'],
    ['Ed25519', ['-newkey', 'ed25519'], 'Ed25519'],
  ])('is read with an %s key made by %j', (type, newKey, algorithm) => {
    const request = parsed(makeCsr(newKey, PLAIN));
    expect(request.publicKey.type).toBe(type);
    expect(request).toMatchObject({
      signatureAlgorithm: algorithm,
      signatureValid: true,
      commonNames: ['a.example.com'],
      dnsNames: ['a.example.com', 'B.example.com'],
      ipAddresses: ['192.0.2.1', '2001:db8::1'],
      otherNames: [],
      extensions: ['2.5.29.17'],
      mustStaple: false,
    });
  });

  test('shows e-mail and URI names, two common names, must-staple and every extension', () => {
    const request = parsed(
      makeCsr(
        [...EC, 'ec_paramgen_curve:P-256'],
        '[dn]\n0.CN=a.example\n1.CN=b.example\n[ext]\nsubjectAltName=email:x@a.example,URI:https://a.example/\n' +
          'tlsfeature=status_request\nbasicConstraints=critical,CA:TRUE\n',
      ),
    );
    expect(request.commonNames).toEqual(['a.example', 'b.example']);
    expect(request.otherNames).toEqual(['email', 'uri']);
    expect(request.mustStaple).toBe(true);
    expect(request.extensions).toEqual(['2.5.29.17', '1.3.6.1.5.5.7.1.24', '2.5.29.19']);
  });

  test('names SHA-1 and RSASSA-PSS, so that a policy can refuse them', () => {
    expect(parsed(makeCsr(['-newkey', 'rsa:2048'], PLAIN, '-sha1')).signatureAlgorithm).toBe('RSA-SHA1');
    const pss = parsed(makeCsr(['-newkey', 'rsa:2048'], PLAIN, '-sigopt', 'rsa_padding_mode:pss'));
    expect(pss).toMatchObject({
      signatureAlgorithm: 'unsupported',
      signatureAlgorithmOid: '1.2.840.113549.1.1.10',
      signatureValid: false,
    });
  });

  test('reads a UTF-8 common name', () => {
    expect(
      parsed(makeCsr(['-newkey', 'ed25519'], '[dn]\nCN=zürich\n[ext]\nsubjectAltName=DNS:a\n', '-utf8'))
        .commonNames,
    ).toEqual(['zürich']);
  });
});
