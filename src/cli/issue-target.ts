import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readLiveLock } from '../runtime/folder-lock.ts';
import { dataFolderOf } from './data-folder.ts';
import { shellCommandOn } from './program-files.ts';
import { UsageError } from './usage-error.ts';

export interface IssueTargetOptions {
  readonly data?: string;
  readonly server?: string;
  readonly apiCa?: string;
  readonly accountKey?: string;
  readonly httpPort?: string;
}

/** The server that a certificate is asked of, and how. Paths are absolute. */
export interface IssueTarget {
  readonly directoryUrl: string;
  /** PEM. */
  readonly apiCa: string | undefined;
  readonly httpPort: number;
  /** Where the account key is kept; undefined for one that is used once. */
  readonly accountKeyFile: string | undefined;
  /** The data folder, when its own server is asked. */
  readonly dataFolder: string | undefined;
}

/** What the CA dials for http-01 unless it is told otherwise. */
const DEFAULT_HTTP_PORT = 5002;

/**
 * The server named by --server, else the one that runs on the data folder. Throws UsageError when there is none, and for
 * flags that make no sense.
 */
export function findIssueTarget(options: IssueTargetOptions): IssueTarget {
  const httpPort = options.httpPort === undefined ? undefined : parsePort(options.httpPort);
  const apiCa = options.apiCa === undefined ? undefined : readPem(options.apiCa);
  const accountKeyFile = options.accountKey === undefined ? undefined : resolve(options.accountKey);
  if (options.server !== undefined)
    return {
      directoryUrl: parseServer(options.server),
      apiCa,
      accountKeyFile,
      httpPort: httpPort ?? DEFAULT_HTTP_PORT,
      dataFolder: undefined,
    };
  const dataFolder = dataFolderOf(options);
  const running = findRunningServer(dataFolder);
  return {
    directoryUrl: running.directoryUrl,
    apiCa: apiCa ?? (isHttps(running.directoryUrl) ? readPem(join(dataFolder, 'api-ca.pem')) : undefined),
    accountKeyFile: accountKeyFile ?? join(dataFolder, 'client', 'account.key'),
    httpPort: httpPort ?? running.httpPort,
    dataFolder,
  };
}

function findRunningServer(dataFolder: string): { readonly directoryUrl: string; readonly httpPort: number } {
  const lock = readLiveLock(dataFolder);
  if (lock === undefined)
    throw new UsageError(
      `no server runs on the data folder ${dataFolder}. Start one with \`${shellCommandOn(dataFolder, 'serve')}\` in another terminal, name its data folder with --data DIR, or another ACME server with --server URL.`,
    );
  const directory = lock.directory;
  const localhost =
    typeof directory === 'object' && directory !== null && 'localhost' in directory
      ? directory.localhost
      : undefined;
  if (typeof localhost !== 'string')
    throw new UsageError(
      `the server on ${dataFolder} (process ${lock.pid}) does not listen yet; try again in a moment.`,
    );
  return {
    directoryUrl: localhost,
    httpPort: typeof lock.httpPort === 'number' ? lock.httpPort : DEFAULT_HTTP_PORT,
  };
}

function parseServer(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new UsageError(
      `--server ${text}: give the URL of the directory, for instance https://localhost:14000/dir`,
    );
  return text;
}

function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 1 && port <= 65535))
    throw new UsageError(`--http-port ${text}: a port is a number from 1 to 65535`);
  return port;
}

function readPem(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw new UsageError(
      `cannot read the API's trust anchor: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  throw new UsageError(`${file} holds no PEM certificate`);
}

function isHttps(url: string): boolean {
  return url.startsWith('https:');
}
