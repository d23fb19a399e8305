import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openSqliteReader } from '../../../src/store/sqlite/open-sqlite-reader.ts';
import { StoreOpenError } from '../../../src/store/store-errors.ts';
import type { DiskState } from './disk-after-power-cut.ts';
import { TracedDisk } from './disk-after-power-cut.ts';
import type { RecordedAnswer } from './recording-client.ts';
import { missingOf } from './shown.ts';
import type { SystemCall } from './system-calls.ts';

/** An answer that left before what it says was on disk. */
export interface Violation {
  readonly answer: RecordedAnswer;
  readonly missing: readonly string[];
}

const SENDS = new Set(['write', 'writev', 'sendto', 'sendmsg']);

/** Says which call of the trace hands the answer's first byte to the network. */
export type FindSending = (sends: readonly SystemCall[], answer: RecordedAnswer) => SystemCall | undefined;

/** By the nonce, which stands in the clear in an answer without TLS, and in no other. */
export function byNonce(sends: readonly SystemCall[]): FindSending {
  const byNonces = new Map<string, SystemCall>();
  for (const call of sends) {
    const nonce = /^replay-nonce: (\S+)/im.exec(call.strings[0]?.toString('latin1') ?? '')?.[1];
    if (nonce !== undefined) byNonces.set(nonce, call);
  }
  return (_sends, answer) => byNonces.get(answer.nonce);
}

/** The calls that send something to a socket of TCP. */
export function sendingCalls(calls: readonly SystemCall[]): readonly SystemCall[] {
  return calls.filter((call) => SENDS.has(call.name) && call.target?.startsWith('TCP') === true);
}

/**
 * Cuts the power in thought at the moment each answer begins to leave, starts from what is on disk for certain, and
 * compares. Throws when an answer is not in the trace.
 */
export async function shownBeforeSynced(
  calls: readonly SystemCall[],
  dataFolder: string,
  answers: readonly RecordedAnswer[],
  find: FindSending = byNonce(sendingCalls(calls)),
): Promise<readonly Violation[]> {
  const sends = sendingCalls(calls);
  const left = answers
    .map((answer) => {
      const call = find(sends, answer);
      if (call === undefined) throw new Error(`the trace has no answer to ${answer.kind}`);
      return { answer, at: call.began };
    })
    .sort((one, other) => one.at - other.at);
  const disk = new TracedDisk(dataFolder);
  const violations: Violation[] = [];
  let taken = 0;
  let current: { readonly version: number; readonly store: Snapshot } | undefined;
  for (const { answer, at } of left) {
    for (let call = calls[taken]; call !== undefined && call.ended < at; call = calls[++taken])
      disk.take(call);
    const state = disk.state();
    if (current?.version !== state.version) {
      await current?.store.close();
      current = { version: state.version, store: await openSnapshot(state) };
    }
    const missing = await current.store.missingOf(answer);
    if (missing.length > 0) violations.push({ answer, missing });
  }
  await current?.store.close();
  return violations;
}

interface Snapshot {
  missingOf(answer: RecordedAnswer): Promise<readonly string[]>;
  close(): Promise<void>;
}

async function openSnapshot({ files }: DiskState): Promise<Snapshot> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-power-cut-'));
  for (const [path, content] of files)
    if (/\/touchstone\.db(?:-wal)?$/.test(path)) writeFileSync(join(folder, basename(path)), content);
  try {
    const reader = await openSqliteReader({ file: join(folder, 'touchstone.db') });
    return {
      missingOf: (answer) => missingOf(answer, reader),
      async close() {
        await reader.close();
        rmSync(folder, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true });
    if (!(error instanceof StoreOpenError)) throw error;
    // Not even the schema has been synced.
    const why = error.message;
    return { missingOf: async () => [why], close: async () => {} };
  }
}
