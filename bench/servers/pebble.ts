import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { loadOrCreateApiCertificate } from '../../src/issuance/api-certificate.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { timeToFirstAnswer } from '../measure/first-answer.ts';
import { isExecutable } from '../paths.ts';
import type { BenchWorld } from '../world/bench-world.ts';
import { freePort } from '../world/free-port.ts';
import type { BenchServer } from './bench-server.ts';
import { endChild, endWithThisProcess } from './child-process.ts';

/**
 * As fast as it can be: no sleep before a validation, no nonce rejected at random, no authorization reused (a reused one
 * is not validated, so its order would be cheaper).
 */
export const PEBBLE_ENVIRONMENT: Readonly<Record<string, string>> = {
  PEBBLE_VA_NOSLEEP: '1',
  PEBBLE_WFE_NONCEREJECT: '0',
  PEBBLE_AUTHZREUSE: '0',
};

/** The path of the program of Debian's package `pebble`, or undefined where it is not installed. */
export function findPebble(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'pebble')).find(isExecutable);
}

/** Starts Pebble with a P-256 certificate for its API, as ours has, and its output to /dev/null. It keeps all in memory. */
export async function startPebble(program: string, world: BenchWorld): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'));
  const port = await freePort();
  const apiCaPem = await writePebbleConfiguration(folder, port, world);
  const child = spawn(program, ['-config', join(folder, 'pebble.json'), '-dnsserver', world.dnsAddress], {
    cwd: folder,
    env: { ...process.env, ...PEBBLE_ENVIRONMENT },
    stdio: 'ignore',
  });
  endWithThisProcess(child);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await endChild(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  try {
    await timeToFirstAnswer(child, directoryUrl, performance.now());
  } catch (error) {
    await stop();
    throw new Error(`${program} did not start: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    name: 'pebble',
    pid: child.pid ?? 0,
    directoryUrl,
    apiCaPem,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Writes certificate, key and configuration; returns the trust anchor's PEM. */
export async function writePebbleConfiguration(
  folder: string,
  port: number,
  world: BenchWorld,
): Promise<string> {
  const certificate = await loadOrCreateApiCertificate({
    folder: join(folder, 'api'),
    names: ['localhost', '127.0.0.1'],
    now: Date.now(),
    randomness: systemRandomness,
  });
  writeFileSync(join(folder, 'certificate.pem'), certificate.certificatePem);
  writeFileSync(join(folder, 'certificate.key'), certificate.keyPem, { mode: 0o600 });
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: '',
    certificate: join(folder, 'certificate.pem'),
    privateKey: join(folder, 'certificate.key'),
    httpPort: world.httpPort,
    tlsPort: world.httpPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify({ pebble }));
  return readFileSync(certificate.caFile, 'utf8');
}
