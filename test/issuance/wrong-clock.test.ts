import { expect, test } from 'vitest';
import { loadOrCreateApiCertificate } from '../../src/issuance/api-certificate.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DAY_MS, NOW, startAuthority } from './authority-world.ts';

const YEARS = 365 * DAY_MS;

test('a folder whose root was made with a clock ahead is refused, and told why', async () => {
  const folder = temporaryFolder();
  await startAuthority(folder, {}, NOW + 5 * YEARS);
  await expect(startAuthority(folder)).rejects.toThrow(/still to come.*clock/s);
});

test('an intermediate that one start with a clock ahead has renewed is made anew', async () => {
  const folder = temporaryFolder();
  await startAuthority(folder);
  const ahead = await startAuthority(folder, {}, NOW + 16 * YEARS);
  expect(ahead.signing.facts.notBefore).toBeGreaterThan(NOW);
  const right = await startAuthority(folder);
  expect(right.signing.facts.notBefore).toBeLessThanOrEqual(NOW);
});

test("the API's certificate and its authority of a start with a clock ahead are made anew", async () => {
  const folder = temporaryFolder();
  const at = (now: number) =>
    loadOrCreateApiCertificate({ folder, names: ['localhost'], now, randomness: systemRandomness });
  await at(NOW + 16 * YEARS);
  expect((await at(NOW)).notBefore).toBeLessThanOrEqual(NOW);
});
