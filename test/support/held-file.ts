import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const DRIVER = fileURLToPath(import.meta.resolve('better-sqlite3'));

const PROGRAM = `
const Database = require(${JSON.stringify(DRIVER)});
const connection = new Database(process.argv[1]);
connection.exec('BEGIN EXCLUSIVE');
console.log('held');
setInterval(() => connection.name, 60_000);
`;

/** Holds the file in another process, which is ended with the test at the latest. */
export async function holdElsewhere(file: string): Promise<{ readonly kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', PROGRAM, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  onTestFinished(() => endNow(child, exited));
  await once(child.stdout, 'data');
  return { kill: () => endNow(child, exited) };
}

async function endNow(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}
