import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedIssuer } from '../http/publication/application.ts';
import { issuerPath } from '../http/publication/application.ts';
import type { IssuingAuthority } from '../issuance/ca-files.ts';
import { loadOrCreateAuthority } from '../issuance/ca-files.ts';
import { createCertificateIssuer } from '../issuance/certificate-issuer.ts';
import { createRegistration } from '../registration/create-registration.ts';
import type { Registration } from '../registration/registration.ts';
import type { LifeCycle } from '../runtime/life-cycle.ts';
import { repeat } from '../runtime/repeat.ts';
import { createTaskQueue } from '../runtime/task-queue.ts';
import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts';
import type { Store } from '../store/store.ts';
import type { Configuration } from './configuration.ts';
import { createOutageLog } from './outage-log.ts';
import { createValidation } from './validation.ts';
import type { World } from './world.ts';

/** Where a CA keeps its things, and where the program's own files are. Absolute paths. */
export interface Folders {
  readonly data: string;
  /** The numbered migrations, which ship with the program. */
  readonly migrations: string;
}

export interface TouchstoneOptions {
  readonly config: Configuration;
  readonly world: World;
  readonly folders: Folders;
  readonly lifeCycle: LifeCycle;
  /** The base of the issuers' addresses in certificates, once the publication port is known. */
  readonly publicationUrl: () => string;
  /** Told once when it is unknown what is on disk: the process should end, and find out at its next start. */
  readonly onFatal: (error: Error) => void;
}

/** A certificate authority without its listeners. */
export interface Touchstone {
  readonly registration: Registration;
  readonly authority: IssuingAuthority;
  readonly publishedIssuers: readonly PublishedIssuer[];
}

const DATABASE_NAME = 'touchstone.db';

/** Time for validations under way at a stop; what is left then is validated again at the next start. */
const DRAIN_MS = 1_000;

/** Composes store, issuer, validation and registration over the data folder, and finishes what a crash left half done. */
export async function createTouchstone(options: TouchstoneOptions): Promise<Touchstone> {
  const { config, world, folders, lifeCycle } = options;
  const { clock, timer, randomness, logger } = world;
  const authority = await loadOrCreateAuthority({
    folder: folders.data,
    hasRecords: hasDatabase(folders.data),
    config: config.issuance,
    now: clock.now(),
    randomness,
  });
  const published = publishedIssuer(authority);
  const issuer = createCertificateIssuer({
    authority: authority.signing,
    lifetimeSeconds: config.issuance.lifetimeSeconds,
    caIssuersUrl: () => `${options.publicationUrl()}${issuerPath(published.subjectKeyId)}`,
    randomness,
  });
  const store = await openStore(options);
  lifeCycle.onStop(() => store.close());
  const validation = createValidation(config, world);
  lifeCycle.onStop(() => validation.close());
  const tasks = createTaskQueue({
    limits: {
      atOnce: config.validation.maxAtOnce,
      atOncePerOwner: config.validation.maxAtOncePerAccount,
      unfinished: config.validation.maxUnfinished,
      unfinishedPerOwner: config.validation.maxUnfinishedPerAccount,
    },
    timer,
    onError: (err) => logger.error({ err }, 'a background task failed'),
  });
  lifeCycle.onStop(async () => {
    await tasks.drain(DRAIN_MS);
  });
  const registration = createRegistration({
    store,
    issuer,
    validator: validation,
    clock,
    timer,
    randomness,
    tasks,
    logger,
    config: {
      ...lifetimesOf(config),
      caaEnabled: config.caa.enabled,
      caaRecheckAfterMs: config.caa.recheckAfterSeconds * 1000,
      keepExpiredMs: config.store.keepExpiredSeconds * 1000,
      requirePublicSuffix: config.policy.requirePublicSuffix,
      challengeTypes: config.policy.challengeTypes,
      addresses: config.validation,
    },
    termsOfService: config.acme.termsOfService,
  });
  await registration.recover();
  const { sweepIntervalSeconds } = config.store;
  if (sweepIntervalSeconds > 0) lifeCycle.onStop(sweepEvery(sweepIntervalSeconds, registration, world));
  return { registration, authority, publishedIssuers: [published] };
}

/** An empty file is what a power cut leaves of a database that was only just made. */
function lifetimesOf({ registration }: Configuration) {
  return {
    orderLifetimeMs: registration.orderLifetimeSeconds * 1000,
    pendingAuthorizationLifetimeMs: registration.pendingAuthorizationLifetimeSeconds * 1000,
    validAuthorizationLifetimeMs: registration.validAuthorizationLifetimeSeconds * 1000,
  };
}

function hasDatabase(folder: string): boolean {
  return (statSync(join(folder, DATABASE_NAME), { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function openStore({ folders, world, onFatal }: TouchstoneOptions): Promise<Store> {
  const outages = createOutageLog(world.logger, world.timer);
  return openSqliteStore({
    file: join(folders.data, DATABASE_NAME),
    migrationsFolder: folders.migrations,
    onFatal,
    onFailure: outages.failed,
    onCommit: outages.succeeded,
  });
}

/** Answers what ends the sweeps, and waits for the one under way. */
function sweepEvery(
  seconds: number,
  registration: Registration,
  { clock, timer, logger }: World,
): () => Promise<void> {
  return repeat({
    intervalMs: seconds * 1000,
    timer,
    action: async (signal) => void (await registration.sweepExpired(clock.now(), signal)),
    onError: (err) =>
      logger.error({ err }, 'A sweep of expired orders failed. The next one goes on from there.'),
  });
}

function publishedIssuer({ signing }: IssuingAuthority): PublishedIssuer {
  const { subjectKeyIdentifier } = signing.facts;
  if (subjectKeyIdentifier === undefined)
    throw new Error('the issuing certificate has no subject key identifier');
  return { subjectKeyId: Buffer.from(subjectKeyIdentifier).toString('hex'), der: signing.der };
}
