import { describe, expect, test } from 'vitest';
import { issuanceSchema } from '../../src/issuance/issuer-config.ts';

const file = (name: string) => ({ certificate: `${name}.pem`, key: `${name}.key` });

describe('the issuance settings', () => {
  test('are P-256 and 90 days unless told otherwise', () => {
    expect(issuanceSchema.parse({})).toEqual({
      keyAlgorithm: 'ecdsa-p256',
      lifetimeSeconds: 7_776_000,
      root: {},
      intermediate: {},
    });
  });

  test.each([
    [{ root: file('r') }],
    [{ root: file('r'), intermediate: file('i') }],
    [{ root: { certificate: 'r.pem' }, intermediate: file('i') }],
    [{ lifetimeSeconds: 60 }],
  ])('allow %j', (given) => {
    expect(issuanceSchema.safeParse(given).success).toBe(true);
  });

  test.each([
    [{ root: { key: 'r.key' } }, 'root.certificate'],
    [{ root: { certificate: 'r.pem' } }, 'root.key'],
    [{ root: file('r'), intermediate: { key: 'i.key' } }, 'intermediate.certificate'],
    [{ root: file('r'), intermediate: { certificate: 'i.pem' } }, 'intermediate.key'],
    [{ intermediate: file('i') }, 'root.certificate'],
    [{ lifetimeSeconds: 59 }, 'lifetimeSeconds'],
    [{ lifetimeSeconds: 3651 * 86_400 }, 'lifetimeSeconds'],
    [{ lifetimeSeconds: 90.5 }, 'lifetimeSeconds'],
    [{ keyAlgorithm: 'rsa-1024' }, 'keyAlgorithm'],
    [{ lifetime: 1 }, ''],
  ])('refuse %j at %s', (given, path) => {
    const result = issuanceSchema.safeParse(given);
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});
