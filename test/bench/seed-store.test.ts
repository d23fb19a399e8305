import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { BENCH_DOMAIN } from '../../bench/world/bench-world.ts';
import { seedStore } from '../../bench/world/seed-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a seeded store has orders in every state, of which a server can be started', async () => {
  const folder = temporaryFolder();
  await seedStore(folder, 10);
  const store = await openSqliteStore({
    file: join(folder, 'touchstone.db'),
    migrationsFolder: fileURLToPath(new URL('../../migrations/sqlite', import.meta.url)),
  });
  onTestFinished(() => store.close());
  const states: string[] = [];
  for (let index = 0; index < 10; index += 1) {
    const [found] = await store.findOrdersByIdentifier(`seed${index}.${BENCH_DOMAIN}`, 1);
    const id = found?.order.certificateId;
    const certificate = id === undefined ? undefined : await store.findCertificate(id);
    const issued =
      certificate === undefined ? '' : certificate.revocation === undefined ? ' issued' : ' revoked';
    states.push(`${found?.authorizations[0]?.challenges[0]?.status}${issued}`);
  }
  expect(states).toEqual([
    'valid issued',
    'valid issued',
    'valid revoked',
    ...Array<string>(4).fill('valid issued'),
    'valid',
    'pending',
    'invalid',
  ]);
  expect(await store.findInterruptedChallenges()).toEqual([]);
});
