import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { IssuanceRequest, IssuedCertificate } from '../../src/issuance/issuer.ts';
import type { Account } from '../../src/protocol/account.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import type { PublicJwk } from '../../src/protocol/json-web-key.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';
import type { ValidationQuestion, ValidationVerdict } from '../../src/protocol/validation-question.ts';
import { createRegistration } from '../../src/registration/create-registration.ts';
import type { RegistrationConfig, RegistrationDependencies } from '../../src/registration/dependencies.ts';
import type {
  NewOrderRequest,
  OrderView,
  Registration,
  RequestKey,
} from '../../src/registration/registration.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import type { Store } from '../../src/store/store.ts';
import { openStore } from './open-store.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const START = Date.UTC(2026, 0, 15);

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** What a test may set: each is what the next validation, signature or look at the calendar gives. */
export interface Levers {
  now: number;
  validate: (question: ValidationQuestion, signal?: AbortSignal) => Promise<ValidationVerdict>;
  checkCaa: (question: ValidationQuestion, signal?: AbortSignal) => Promise<ValidationVerdict>;
  beforeSigning: () => Promise<void>;
}

export interface World {
  readonly registration: Registration;
  readonly store: Store;
  readonly issuer: RegistrationDependencies['issuer'];
  readonly levers: Levers;
  readonly questions: readonly ValidationQuestion[];
  /** The questions about CAA alone, before a signature. */
  readonly rechecked: readonly ValidationQuestion[];
  readonly logged: readonly string[];
  /** The log's one line for each validation, issuance and revocation. */
  readonly events: readonly (readonly [message: string, facts: object])[];
  /** How many certificates were signed, kept or not. */
  signed(): number;
  /** A registration over the same store, as after a restart. */
  again(overrides?: Partial<RegistrationDependencies>): Registration;
}

export interface WorldOptions {
  readonly config?: Partial<RegistrationConfig>;
  readonly timer?: Timer;
  readonly termsOfService?: string;
}

/** A registration over a SQLite store of its own, with a validator and an issuer that do as the test says. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const store = await openStore();
  const questions: ValidationQuestion[] = [];
  const rechecked: ValidationQuestion[] = [];
  const logged: string[] = [];
  const events: (readonly [string, object])[] = [];
  const levers: Levers = {
    now: START,
    validate: async (question) => verdict(question),
    checkCaa: async (question) => verdict(question),
    beforeSigning: async () => undefined,
  };
  let signed = 0;
  const signer = await createSigner();
  const log = (_facts: object, message: string) => void logged.push(message);
  const dependencies: RegistrationDependencies = {
    store,
    validator: {
      validate: (question, signal) => {
        questions.push(question);
        return levers.validate(question, signal);
      },
      checkCaa: (question, signal) => {
        rechecked.push(question);
        return levers.checkCaa(question, signal);
      },
    },
    issuer: {
      lifetimeMs: 90 * DAY,
      issue: async (request, now) => {
        await levers.beforeSigning();
        signed += 1;
        return signer.issue(request, now);
      },
    },
    clock: { now: () => levers.now },
    timer: options.timer ?? systemTimer,
    randomness: systemRandomness,
    tasks: createTaskQueue({
      limits: { atOnce: 8, atOncePerOwner: 8, unfinished: 1000, unfinishedPerOwner: 1000 },
      timer: systemTimer,
      onError: (error) => log({}, String(error)),
    }),
    logger: {
      info: (facts, message) => void events.push([message, facts]),
      // Of the warnings, a failed validation is an event as a passed one is.
      warn: (facts, message) =>
        message === 'validation failed' ? void events.push([message, facts]) : log(facts, message),
      error: log,
    },
    config: {
      orderLifetimeMs: 7 * DAY,
      pendingAuthorizationLifetimeMs: 7 * DAY,
      validAuthorizationLifetimeMs: 30 * DAY,
      caaEnabled: true,
      caaRecheckAfterMs: 8 * HOUR,
      keepExpiredMs: 10 * DAY,
      requirePublicSuffix: false,
      challengeTypes: ['http-01', 'dns-01', 'tls-alpn-01'],
      addresses: { allowReservedAddresses: true, allowAddresses: [], denyAddresses: [] },
      ...options.config,
    },
    termsOfService: options.termsOfService,
  };
  return {
    registration: createRegistration(dependencies),
    store,
    issuer: dependencies.issuer,
    levers,
    questions,
    rechecked,
    logged,
    events,
    signed: () => signed,
    again: (overrides = {}) => createRegistration({ ...dependencies, ...overrides }),
  };
}

/** A verdict of which the one step is that CAA was read: passed, or failed in the given way. */
export function verdict(question: ValidationQuestion, failure?: ValidationFailure): ValidationVerdict {
  return {
    passed: failure === undefined,
    record: {
      identifier: question.identifier,
      challengeType: question.challengeType,
      addressPolicy: 'documented',
      startedAt: START,
      durationMs: 1,
      steps: [
        {
          step: 'caa',
          name: question.identifier.value,
          wildcard: question.wildcard,
          records: [],
          decision: 'no-records',
        },
      ],
      ...(failure === undefined ? {} : { failure }),
    },
  };
}

export interface TestKey extends RequestKey {
  readonly keys: webcrypto.CryptoKeyPair;
}

export async function newKey(): Promise<TestKey> {
  const keys = (await webcrypto.subtle.generateKey(P256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const exported = await webcrypto.subtle.exportKey('jwk', keys.publicKey);
  const { x = '', y = '' } = exported;
  const jwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y };
  // RFC 7638 section 3: the required members in lexicographic order.
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
  return { keys, jwk, thumbprint };
}

export async function newTestAccount(world: World): Promise<Account> {
  const { account } = await world.registration.newAccount(await newKey(), {});
  return account;
}

/** A CSR (DER) for the names and addresses, by default with a new P-256 key. */
export async function newCsr(
  identifiers: readonly Identifier[],
  keys?: webcrypto.CryptoKeyPair,
): Promise<Uint8Array> {
  const subjectKeys = keys ?? (await newKey()).keys;
  const names = identifiers.map(({ type, value }) => ({ type, value }));
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: subjectKeys,
    signingAlgorithm: P256,
    extensions: [new x509.SubjectAlternativeNameExtension(names)],
  });
  return new Uint8Array(csr.rawData);
}

export function dns(...names: readonly string[]): readonly Identifier[] {
  return names.map((value) => ({ type: 'dns', value }));
}

/** An order whose authorizations have all become valid. */
export async function newReadyOrder(
  world: World,
  account: Account,
  identifiers: readonly Identifier[] = dns('example.com'),
  validity: Pick<NewOrderRequest, 'notBefore' | 'notAfter'> = {},
): Promise<OrderView> {
  const { registration } = world;
  const { order } = await registration.newOrder(account, { identifiers, ...validity });
  for (const id of order.authorizationIds) {
    const authorization = await registration.authorization(account, id);
    const [challenge] = authorization.challenges;
    if (challenge !== undefined) await registration.respondToChallenge(account, challenge.id);
  }
  await registration.idle();
  return registration.order(account, order.id);
}

/** Signs real certificates, so that revocation has something to read. */
async function createSigner() {
  const issuerKeys = (await newKey()).keys;
  async function issue(request: IssuanceRequest, now: number): Promise<IssuedCertificate> {
    const spki = request.subjectPublicKeyInfo;
    const publicKey = await webcrypto.subtle.importKey('spki', spki, P256, true, ['verify']);
    const serial = `01${randomBytes(16).toString('hex')}`;
    const notBefore = request.notBefore ?? now;
    const notAfter = request.notAfter ?? now + 90 * DAY;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      issuer: 'CN=Test',
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      publicKey,
      signingKey: issuerKeys.privateKey,
      signingAlgorithm: P256,
    });
    const der = new Uint8Array(certificate.rawData);
    return { der, chainPem: certificate.toString('pem'), serial, notBefore, notAfter };
  }
  return { issue };
}
