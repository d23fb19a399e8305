import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { UnreachableError } from '../../../src/client/client-error.ts';
import { createHttpTransport } from '../../../src/client/http-transport.ts';
import { generateAccountKey } from '../../../src/jws/sign.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import type { RunningServer } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Signer } from '../support/signed-exchange.ts';
import type { RecordingClient } from './recording-client.ts';
import { createRecordingClient } from './recording-client.ts';
import { compileShim, hasCompiler } from './shim.ts';

const CLIENTS = 8;

/** So many are made before the disk breaks. */
const ACCOUNTS = 100;

function clientOf(server: RunningServer): RecordingClient {
  const transport = createHttpTransport({
    apiCa: readFileSync(server.apiCa, 'utf8'),
    timeoutMs: 20_000,
    timer: systemTimer,
  });
  onTestFinished(() => transport.close());
  return createRecordingClient(new URL(server.directory.localhost).origin, transport);
}

/** Makes accounts until the server is gone. Answers those that were acknowledged. */
async function makeAccounts(
  client: RecordingClient,
  hasFailed: () => boolean,
  onMade: () => void,
): Promise<readonly Required<Signer>[]> {
  const made: Required<Signer>[] = [];
  let refused = 0;
  for (;;) {
    const key = await generateAccountKey('ES256');
    const failedBefore = hasFailed();
    try {
      const answer = await client.post(
        'newAccount',
        '/acme/new-account',
        { key },
        { termsOfServiceAgreed: true },
      );
      if (answer.status === 201) {
        expect(failedBefore, 'a write that was sent after the disk broke is acknowledged').toBe(false);
        made.push({ key, url: String(answer.location) });
        onMade();
      } else {
        expect(answer).toMatchObject({ status: 500, problem: 'serverInternal' });
        refused += 1;
        expect(refused, 'the server goes on').toBeLessThan(100);
      }
    } catch (error) {
      if (error instanceof UnreachableError) return made;
      throw error;
    }
  }
}

test.skipIf(!hasCompiler).each([
  ['a sync that fails', 'TOUCHSTONE_SHIM_FAIL'],
  ['one sync that fails, while all later ones succeed,', 'TOUCHSTONE_SHIM_FAIL_ONCE'],
  ['a file system that becomes read-only', 'TOUCHSTONE_SHIM_READ_ONLY'],
])(
  '%s ends the process: nothing later is acknowledged, and the next start has all that was',
  async (_what, trigger) => {
    const folder = temporaryFolder();
    const broken = join(folder, 'broken');
    const dataFolder = join(folder, 'data');
    const server = await startServer({
      dataFolder,
      env: {
        LD_PRELOAD: compileShim(folder),
        TOUCHSTONE_SHIM_FOLDER: dataFolder,
        [trigger]: broken,
      },
    });
    onTestFinished(() => server.kill());
    let failed = false;
    let count = 0;
    const client = clientOf(server);
    const working = Array.from({ length: CLIENTS }, () =>
      makeAccounts(
        client,
        () => failed,
        () => {
          count += 1;
          if (count !== ACCOUNTS) return;
          writeFileSync(broken, '');
          failed = true;
        },
      ),
    );
    const accounts = (await Promise.all(working)).flat();
    expect(await server.exited).toBe(1);
    // Only the next start's recovery reads the checksums of what is in the log.
    expect(existsSync(join(dataFolder, 'touchstone.db-wal'))).toBe(true);
    expect(server.log()).toMatch(
      /^touchstone: .* failed in the disk .*look at the disk, then start the server again\.$/m,
    );
    const again = await startServer({ dataFolder });
    onTestFinished(() => again.kill());
    const reader = clientOf(again);
    expect(accounts.length).toBeGreaterThanOrEqual(ACCOUNTS);
    for (const account of accounts) {
      const url = `${new URL(again.directory.localhost).origin}${new URL(account.url).pathname}`;
      const answer = await reader.post('account', url, { ...account, url });
      expect(answer.json()).toMatchObject({ status: 'valid' });
    }
    expect(await again.stop()).toBe(0);
  },
);

test.skipIf(!hasCompiler)('a sync that fails during a stop is told, and the exit code is 1', async () => {
  const folder = temporaryFolder();
  const broken = join(folder, 'broken');
  const dataFolder = join(folder, 'data');
  const server = await startServer({
    dataFolder,
    env: {
      LD_PRELOAD: compileShim(folder),
      TOUCHSTONE_SHIM_FOLDER: dataFolder,
      TOUCHSTONE_SHIM_FAIL_ONCE: broken,
    },
  });
  onTestFinished(() => server.kill());
  writeFileSync(broken, '');
  expect(await server.stop()).toBe(1);
  expect(server.log()).toMatch(/^touchstone: .* failed in the disk .*look at the disk/m);
  expect(existsSync(join(dataFolder, 'touchstone.db-wal'))).toBe(true);
});
