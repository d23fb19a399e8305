import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { ApiCertificate } from '../issuance/api-certificate.ts';
import { loadOrCreateApiCertificate, renewAt } from '../issuance/api-certificate.ts';
import type { Clock } from '../runtime/clock.ts';
import type { LifeCycle } from '../runtime/life-cycle.ts';
import type { TlsCredentials } from '../runtime/listener.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { AcmeConfig } from './listening-config.ts';
import type { World } from './world.ts';

/** What the API's HTTPS is served with, if it is HTTPS. */
export interface ApiTls {
  /** Undefined for plain HTTP. */
  readonly credentials: TlsCredentials | undefined;
  /** The file that clients trust; undefined for plain HTTP and for own files. */
  readonly caFile: string | undefined;
  /** From now on, renews a made certificate before it ends and hands the new one out. */
  keepFresh(replace: (credentials: TlsCredentials) => void): void;
}

interface ApiTlsOptions {
  readonly acme: AcmeConfig;
  readonly folder: string;
  readonly world: World;
  /** The API's certificate follows real time, whatever the CA's calendar says. */
  readonly realClock: Clock;
  readonly lifeCycle: LifeCycle;
}

/** setTimeout's longest delay is 24.8 days; looking twice a day costs nothing and also catches a suspended machine. */
const LOOK_AGAIN_MS = 43_200_000;

/**
 * Loads or makes what the API is served with. Throws ConfigurationError for own files that cannot be used, and for
 * names that no certificate can hold.
 */
export async function openApiTls(options: ApiTlsOptions): Promise<ApiTls> {
  const { tls } = options.acme;
  const fixed = { caFile: undefined, keepFresh: () => {} };
  if (!tls.enabled) return { ...fixed, credentials: undefined };
  if (tls.certificate !== undefined && tls.key !== undefined) {
    return { ...fixed, credentials: readOwnFiles(tls.certificate, tls.key) };
  }
  const make = (): Promise<ApiCertificate> =>
    loadOrCreateApiCertificate({
      folder: options.folder,
      names: apiNames(tls.names),
      now: options.realClock.now(),
      randomness: options.world.randomness,
    });
  const first = await make().catch(refuseNames);
  return {
    credentials: credentialsOf(first),
    caFile: first.caFile,
    keepFresh: (replace) => keepFresh(options, first, make, replace),
  };
}

function keepFresh(
  { world, realClock, lifeCycle }: ApiTlsOptions,
  first: ApiCertificate,
  make: () => Promise<ApiCertificate>,
  replace: (credentials: TlsCredentials) => void,
): void {
  let current = first;
  let cancel = (): void => {};
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      if (renewAt(current) <= realClock.now()) {
        const next = await make();
        replace(credentialsOf(next));
        current = next;
        world.logger.info(
          { notAfter: new Date(current.notAfter).toISOString() },
          "renewed the API's certificate",
        );
      }
    } catch (err) {
      world.logger.error({ err }, "could not renew the API's certificate; trying again later");
    }
    wait();
  };
  const wait = (): void => {
    if (stopped) return;
    const untilDue = renewAt(current) - realClock.now();
    cancel = world.timer.after(Math.min(Math.max(untilDue, 60_000), LOOK_AGAIN_MS), () => void look());
  };
  wait();
  lifeCycle.onStop(() => {
    stopped = true;
    cancel();
  });
}

function apiNames(configured: readonly string[]): readonly string[] {
  return [...new Set(['localhost', '127.0.0.1', '::1', hostname().toLowerCase(), ...configured])];
}

function credentialsOf({ certificatePem, keyPem }: ApiCertificate): TlsCredentials {
  return { cert: certificatePem, key: keyPem };
}

/** Read and tried here, so that a mistake stops the start and not the first handshake. */
function readOwnFiles(certificate: string, key: string): TlsCredentials {
  const credentials = {
    cert: readOwnFile('acme.tls.certificate', certificate),
    key: readOwnFile('acme.tls.key', key),
  };
  try {
    createSecureContext(credentials);
  } catch (error) {
    throw new ConfigurationError([
      `acme.tls.certificate, acme.tls.key: ${certificate} and ${key} are no certificate in PEM with its unencrypted key: ${messageOf(error)}`,
    ]);
  }
  return credentials;
}

function refuseNames(error: unknown): never {
  throw error instanceof RangeError ? new ConfigurationError([`acme.tls.names: ${error.message}`]) : error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readOwnFile(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`${setting}: ${messageOf(error)}`]);
  }
}
