import { createServer } from 'node:net';
import type { Answer, AnswerOutcome, RecordType, Resolver } from '../../src/dns/resolver.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { parseId } from '../../src/protocol/ids.ts';
import type { ValidationQuestion, ValidationVerdict } from '../../src/protocol/validation-question.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Network } from '../../src/runtime/network.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { validationSchema } from '../../src/validation/validation-config.ts';
import type { ValidatorConfig } from '../../src/validation/validation-context.ts';
import { createValidator } from '../../src/validation/validator.ts';

export const TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';
export const KEY_AUTHORIZATION = `${TOKEN}.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI`;
export const CHALLENGE_PATH = `/.well-known/acme-challenge/${TOKEN}`;

/** For tests of the proof alone. */
export const WITHOUT_CAA: ValidatorConfig['caa'] = { enabled: false, identities: ['touchstone.test'] };

/** Values of a record type, or how its look-up ends instead. */
export type ZoneEntry = Readonly<Partial<Record<RecordType, readonly string[] | AnswerOutcome>>>;
export type Zone = Readonly<Record<string, ZoneEntry>>;

/** A resolver that answers from a table at once; a name that is not in it is NXDOMAIN. */
export function tableResolver(zone: Zone): Resolver & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    asked,
    lookup: (name, type) => {
      asked.push(`${type} ${name}`);
      return Promise.resolve(answerFor(zone, name, type));
    },
    answersItself: () => false,
    close: () => undefined,
  };
}

function answerFor(zone: Zone, name: string, type: RecordType): Answer {
  const entry = zone[name];
  const found = entry === undefined ? 'nxdomain' : (entry[type] ?? 'empty');
  const values = typeof found === 'string' ? [] : found;
  const outcome = typeof found === 'string' ? found : 'answered';
  const source = { kind: 'server', server: '192.0.2.53:53' } as const;
  return { name, type, source, outcome, cnames: [], values, tries: 1, durationMs: 0 };
}

/** The real network, with a note of every dial: for addresses that drop what comes, nobody else can tell. */
export function notingNetwork(): Network & { readonly dialled: readonly string[] } {
  const network = createSystemNetwork(systemTimer);
  const dialled: string[] = [];
  return {
    dialled,
    connect: (target, budgetMs, signal) => {
      dialled.push(`${target.address} ${target.port}`);
      return network.connect(target, budgetMs, signal);
    },
  };
}

export interface ValidationSettings extends Partial<ValidatorConfig> {
  readonly zone?: Zone;
  readonly resolver?: Resolver;
  readonly question?: Partial<ValidationQuestion>;
  readonly signal?: AbortSignal;
}

export interface SeenValidation extends ValidationVerdict {
  /** `ADDRESS PORT` of every dial, in order. */
  readonly dialled: readonly string[];
}

/** Validates `dual.test` by http-01 over the real network, without CAA unless told otherwise, with short budgets. */
export async function validate(settings: ValidationSettings): Promise<SeenValidation> {
  const { zone = {}, resolver = tableResolver(zone), question, signal, ...config } = settings;
  const network = notingNetwork();
  const validator = createValidator(
    {
      ...validationSchema.parse({}),
      caa: WITHOUT_CAA,
      connectTimeoutMs: 250,
      responseTimeoutMs: 2000,
      totalTimeoutMs: 10_000,
      ...config,
    },
    { resolver, network, timer: systemTimer, clock: systemClock, userAgent: 'touchstone-test' },
  );
  const verdict = await validator.validate({ ...questionFor(), ...question }, signal);
  return { ...verdict, dialled: network.dialled };
}

/** The question whether `dual.test` (or the given identifier) answers by http-01. */
export function questionFor(
  identifier: Identifier = { type: 'dns', value: 'dual.test' },
): ValidationQuestion {
  const challengeId = parseId('chal', 'chal_1');
  if (challengeId === undefined) throw new Error('unreachable: a well-formed id');
  return {
    challengeId,
    identifier,
    wildcard: false,
    challengeType: 'http-01',
    token: TOKEN,
    keyAuthorization: KEY_AUTHORIZATION,
  };
}

/** True where this machine can listen on ::1; tests that need it are skipped elsewhere, and say so. */
export async function hasIpv6Loopback(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '::1', port: 0 }, () => server.close(() => resolve(true)));
  });
}
