import { inspect } from 'node:util';
import { afterAll } from 'vitest';
import type { Settings } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { fuzzTarget } from './fuzz-target.ts';

/** A CA in this process that all tests of a file share. */
export async function inProcessTarget(settings: Settings = {}): Promise<FuzzTarget> {
  const complaints: string[] = [];
  const complain = (facts: object, message: string) => void complaints.push(`${message} ${inspect(facts)}`);
  const ca = await startTestCa({
    dataFolder: temporaryFolder(afterAll),
    cleanUp: (action) => afterAll(action),
    settings,
    world: { logger: { debug: () => {}, info: () => {}, warn: () => {}, error: complain } },
  });
  const onRejection = (reason: unknown) => void complaints.push(`unhandled rejection ${inspect(reason)}`);
  process.on('unhandledRejection', onRejection);
  afterAll(() => void process.off('unhandledRejection', onRejection));
  return fuzzTarget({
    base: ca.base,
    dataFolder: ca.dataFolder,
    apiCa: ca.running.facts.apiCa,
    fetch: ca.fetch,
    responder: ca.responder,
    complaints: () => [...complaints, ...ca.complaints],
    cleanUp: (action) => afterAll(action),
  });
}
