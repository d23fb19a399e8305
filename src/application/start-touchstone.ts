import { resolve } from 'node:path';
import { createAcmeApplication } from '../http/acme/application.ts';
import { Nonces } from '../http/acme/nonces.ts';
import { answerParserRefusal } from '../http/acme/problem-response.ts';
import {
  answerPublicationParserRefusal,
  createPublicationApplication,
  issuerPath,
} from '../http/publication/application.ts';
import type { Clock } from '../runtime/clock.ts';
import { systemClock } from '../runtime/clock.ts';
import { readLiveLock } from '../runtime/folder-lock.ts';
import { createLifeCycle } from '../runtime/life-cycle.ts';
import type { Listener, TlsCredentials } from '../runtime/listener.ts';
import { messageClassesFor } from '../runtime/message-classes.ts';
import { openFileLimit } from '../runtime/open-file-limit.ts';
import { accountUrlWarnings } from './account-url-warnings.ts';
import type { ApiTls } from './api-tls.ts';
import { openApiTls } from './api-tls.ts';
import type { Configuration } from './configuration.ts';
import { parseConfiguration } from './configuration.ts';
import { planDescriptors } from './descriptor-plan.ts';
import { directoryUrls, loopbackInstead } from './directory-urls.ts';
import type { ServerFacts } from './first-steps.ts';
import { requireFreePorts } from './free-ports.ts';
import { frontPage } from './front-page.ts';
import { keyAlgorithmWarnings } from './key-algorithm-warning.ts';
import { listenBySettings } from './listen-by-settings.ts';
import { localNamesRefusedBy } from './local-names.ts';
import { HELD_FILE, lockDataFolder } from './lock-data-folder.ts';
import { missingAddressWarnings } from './missing-address-warnings.ts';
import { programPath, shellCommand } from './program-files.ts';
import { sourceAddressWarnings } from './source-address-warnings.ts';
import type { Touchstone } from './touchstone.ts';
import { createTouchstone } from './touchstone.ts';
import { watchDataFolder } from './watch-data-folder.ts';
import type { World } from './world.ts';
import { realWorld } from './world.ts';

export interface StartOptions {
  /** Where the CA keeps its things; made when it is missing. */
  readonly dataFolder: string;
  /** Every default unless given; see `parseConfiguration`. */
  readonly config?: Configuration;
  /** The real world, silent, unless given; see `realWorld`. */
  readonly world?: World;
  /** The package's own unless given. */
  readonly migrationsFolder?: string;
  /** The command that runs the program, for the guide; the package's own unless given. */
  readonly program?: string;
  /** What the certificate of the API's HTTPS follows; the system's unless given. */
  readonly realClock?: Clock;
  /**
   * Told once when it is unknown what is on disk: the process should end, and find out at its next start. Unless given, the
   * error is thrown where nobody catches it.
   */
  readonly onFatal?: (error: Error) => void;
  /** Told once when the data folder is this process's, before anything listens; what it throws refuses the start. */
  readonly onLocked?: () => void;
}

/** A certificate authority that listens. */
export interface RunningTouchstone {
  readonly facts: ServerFacts;
  /** What a person should know about this start, for instance that the host has no IPv6. */
  readonly warnings: readonly string[];
  /** Resolves when no validation is under way. */
  idle(): Promise<void>;
  /** Stops listening, finishes what is under way, and gives the data folder free. */
  stop(): Promise<void>;
}

/**
 * Starts a CA on its data folder, which it locks. Rejects with FolderInUseError, UnreadableLockError, BusyPortError,
 * ConfigurationError, AuthorityFileError, StoreOpenError (all in `startErrors`), or an error of the files, and then has left
 * nothing open.
 */
export async function startTouchstone(options: StartOptions): Promise<RunningTouchstone> {
  const lifeCycle = createLifeCycle();
  try {
    return await start(withDefaults(options), lifeCycle);
  } catch (error) {
    await lifeCycle.stop();
    throw error;
  }
}

function withDefaults(options: StartOptions): Required<StartOptions> {
  return {
    config: options.config ?? parseConfiguration({}),
    world: options.world ?? realWorld(),
    migrationsFolder: options.migrationsFolder ?? programPath('migrations/sqlite'),
    program: options.program ?? shellCommand(),
    realClock: options.realClock ?? systemClock,
    onFatal: options.onFatal ?? throwUncaught,
    onLocked: options.onLocked ?? (() => {}),
    dataFolder: resolve(options.dataFolder),
  };
}

function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

async function start(
  options: Required<StartOptions>,
  lifeCycle: ReturnType<typeof createLifeCycle>,
): Promise<RunningTouchstone> {
  const { config, world, dataFolder } = options;
  // A server that runs on the folder has its ports too, and says more than they do.
  if (readLiveLock(dataFolder) === undefined) await requireFreePorts(config, world.timer);
  const lock = await lockDataFolder(dataFolder);
  lifeCycle.onStop(() => lock.release());
  options.onLocked();
  const tls = await openApiTls({
    acme: config.acme,
    folder: dataFolder,
    world,
    realClock: options.realClock,
    lifeCycle,
  });
  const descriptors = planDescriptors(openFileLimit(), config.validation.maxDials);
  let publicationPort = config.publication.port;
  const publicationUrl = (): string =>
    config.publication.externalUrl ?? `http://localhost:${publicationPort}`;
  const touchstone = await createTouchstone({
    config: { ...config, validation: { ...config.validation, maxDials: descriptors.dials } },
    world,
    folders: { data: dataFolder, migrations: options.migrationsFolder },
    lifeCycle,
    publicationUrl,
    onFatal: options.onFatal,
  });
  const publication = await listenForPublication(options, touchstone, descriptors.publication);
  const listeners = [publication];
  lifeCycle.onStop(() => closeAll(listeners));
  publicationPort = publication.port;
  let facts: ServerFacts | undefined;
  const page = (): string => (facts === undefined ? '' : frontPage(facts));
  const acme = await listenForAcme(options, touchstone, tls.credentials, page, descriptors.acme);
  listeners.push(acme);
  tls.keepFresh((credentials) => acme.replaceCertificate(credentials));
  facts = factsOf(options, touchstone, tls, acme, publicationUrl());
  lock.publish({ directory: facts.directory, httpPort: facts.httpPort });
  lifeCycle.onStop(
    await watchDataFolder({
      folder: dataFolder,
      names: ['lock', HELD_FILE, 'touchstone.db', 'touchstone.db-wal'],
      timer: world.timer,
      onLost: options.onFatal,
    }),
  );
  return {
    facts,
    warnings: [
      ...missingAddressWarnings(acme),
      ...(await settingWarnings(config, touchstone)),
      ...(descriptors.warning === undefined ? [] : [descriptors.warning]),
    ],
    idle: () => touchstone.registration.idle(),
    stop: () => lifeCycle.stop(),
  };
}

/** What a person should know of settings that are good, and may not do what was meant. */
async function settingWarnings(
  { acme, issuance, policy, validation }: Configuration,
  { authority }: Touchstone,
): Promise<readonly string[]> {
  return [
    ...accountUrlWarnings(policy.challengeTypes, acme.externalUrl),
    ...keyAlgorithmWarnings(issuance, authority.signing.key),
    ...(await sourceAddressWarnings(validation.perspectives)),
  ];
}

/** Side by side: each waits for its own requests in flight. */
async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

function listenForAcme(
  { config, world }: Required<StartOptions>,
  { registration }: Touchstone,
  credentials: TlsCredentials | undefined,
  page: () => string,
  maxConnections: number,
): Promise<Listener> {
  const { externalUrl, termsOfService, website } = config.acme;
  const application = createAcmeApplication({
    registration,
    nonces: new Nonces(world.randomness),
    config: {
      ...(externalUrl === undefined ? {} : { externalUrl }),
      ...(termsOfService === undefined ? {} : { termsOfService }),
      ...(website === undefined ? {} : { website }),
      ...(config.caa.enabled ? { caaIdentities: config.caa.identities } : {}),
      issuers: config.caa.identities,
    },
    page,
    ...world,
  });
  return listenBySettings('acme.port', {
    addresses: config.acme.addresses,
    port: config.acme.port,
    requireAll: config.acme.requireDualStack,
    ...(credentials === undefined ? {} : { tls: credentials }),
    messages: messageClassesFor(application),
    handler: application,
    answerParserRefusal,
    maxConnections,
    onError: (err) => world.logger.error({ err }, 'the ACME listener could not accept a connection'),
    timer: world.timer,
  });
}

function listenForPublication(
  { config, world }: Required<StartOptions>,
  { publishedIssuers }: Touchstone,
  maxConnections: number,
): Promise<Listener> {
  const application = createPublicationApplication(() => publishedIssuers);
  return listenBySettings('publication.port', {
    addresses: config.acme.addresses,
    port: config.publication.port,
    messages: messageClassesFor(application),
    handler: application,
    answerParserRefusal: answerPublicationParserRefusal,
    maxConnections,
    onError: (err) => world.logger.error({ err }, 'the publication listener could not accept a connection'),
    timer: world.timer,
  });
}

function factsOf(
  options: Required<StartOptions>,
  { authority, publishedIssuers }: Touchstone,
  tls: ApiTls,
  acme: Listener,
  publicationUrl: string,
): ServerFacts {
  const { config } = options;
  const directory = directoryUrls(config.acme, acme);
  return {
    directory,
    page: new URL('/', directory.localhost).href,
    publication: [
      publicationUrl,
      ...publishedIssuers.slice(0, 1).map(({ subjectKeyId }) => issuerPath(subjectKeyId)),
    ].join(''),
    loopbackAddresses: loopbackInstead(acme.addresses),
    localNamesRefusedBy: localNamesRefusedBy(config),
    apiCa: tls.caFile,
    rootCa: authority.rootFile,
    dataFolder: options.dataFolder,
    program: options.program,
    httpPort: config.validation.httpPort,
  };
}
