import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { PROGRAM, startServer } from '../../support/running-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SERVE = ['serve', '--set', 'acme.port=0', '--set', 'publication.port=0', '--json'];
const ELSEWHERE = 'in use by a server that cannot be seen from here';

interface Contained {
  /** Resolves with the directory once it listens, and rejects with what it said when it ends before. */
  readonly listens: Promise<string>;
  /** SIGKILL to all of the namespace; resolves when the last process is gone. */
  kill(): Promise<void>;
}

/** A server in a PID namespace of its own, where it is process 1, as in a container. */
function startContained(dataFolder: string): Contained {
  const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
  const args = [...namespace, process.execPath, PROGRAM, ...SERVE, '--data', dataFolder];
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // The pipes close when the last process that writes to them has ended.
  const ended = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const line = once(child.stdout.setEncoding('utf8'), 'data').then(([text]) => String(text));
  const end = ended.then((): string => {
    throw new Error(said);
  });
  const listens = Promise.race([line, end]);
  // Whoever does not await it has ended the server.
  listens.catch(() => undefined);
  end.catch(() => undefined);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  return { listens, kill };
}

test('a second server in another PID namespace is refused, harms nothing, and serves once the first was killed', async () => {
  const dataFolder = join(temporaryFolder(), 'data');
  const first = startContained(dataFolder);
  await first.listens;
  const lock = readFileSync(join(dataFolder, 'lock'), 'utf8');
  expect(JSON.parse(lock).pid).toBe(1);
  await expect(startContained(dataFolder).listens).rejects.toThrow(ELSEWHERE);
  await expect(startServer({ dataFolder })).rejects.toThrow(ELSEWHERE);
  expect(readFileSync(join(dataFolder, 'lock'), 'utf8')).toBe(lock);
  await first.kill();
  expect(existsSync(join(dataFolder, 'lock'))).toBe(true);
  const second = startContained(dataFolder);
  expect(JSON.parse(await second.listens).directory.localhost).toMatch(/^https:/);
  await second.kill();
  expect(await (await startServer({ dataFolder })).stop()).toBe(0);
});

test('a server outside keeps out one in a namespace', async () => {
  const dataFolder = join(temporaryFolder(), 'data');
  const server = await startServer({ dataFolder });
  onTestFinished(() => server.kill());
  await expect(startContained(dataFolder).listens).rejects.toThrow('is in use by');
  expect(await server.stop()).toBe(0);
});

test('of two that start at once in two namespaces exactly one serves', async () => {
  const dataFolder = join(temporaryFolder(), 'data');
  const starts = [startContained(dataFolder), startContained(dataFolder)];
  const outcomes = await Promise.allSettled(starts.map((start) => start.listens));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const lost = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(String(lost?.reason)).toContain('is in use by');
  await vi.waitFor(() => expect(existsSync(join(dataFolder, 'lock'))).toBe(true));
});
