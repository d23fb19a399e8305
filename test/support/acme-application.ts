import type { Express } from 'express';
import { createAcmeApplication } from '../../src/http/acme/application.ts';
import type { AcmeConfig } from '../../src/http/acme/dependencies.ts';
import { Nonces } from '../../src/http/acme/nonces.ts';
import { answerParserRefusal } from '../../src/http/acme/problem-response.ts';
import type { Account } from '../../src/protocol/account.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { Registration } from '../../src/registration/registration.ts';
import type { Listener, TlsCredentials } from '../../src/runtime/listener.ts';
import { listen } from '../../src/runtime/listener.ts';
import { messageClassesFor } from '../../src/runtime/message-classes.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

/** 2026-01-02T03:04:05Z, the time at which the test server stands still. */
export const TEST_NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

export interface LogLine {
  readonly level: 'debug' | 'info' | 'error';
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface AcmeTestServer {
  /** Scheme and authority at 127.0.0.1. */
  readonly base: string;
  readonly port: number;
  readonly application: Express;
  readonly nonces: Nonces;
  readonly log: readonly LogLine[];
  readonly accounts: Map<AccountId, Account>;
  readonly listener: Listener;
}

/** The application over a registration of which the test gives what it needs; accounts are kept in memory. */
export async function startAcmeServer(
  options: {
    readonly registration?: Partial<Registration>;
    readonly config?: AcmeConfig;
    readonly tls?: TlsCredentials;
    readonly addresses?: readonly string[];
  } = {},
): Promise<AcmeTestServer> {
  const accounts = new Map<AccountId, Account>();
  const log: LogLine[] = [];
  const nonces = new Nonces(systemRandomness);
  const application = createAcmeApplication({
    registration: {
      ...memoryAccounts(accounts),
      ...unexpectedCalls(),
      ...options.registration,
    } as Registration,
    nonces,
    config: options.config ?? {},
    page: () => '<!doctype html><title>Touchstone</title>',
    clock: { now: () => TEST_NOW },
    timer: systemTimer,
    randomness: systemRandomness,
    logger: {
      debug: (facts, message) => log.push({ level: 'debug', facts: { ...facts }, message }),
      info: (facts, message) => log.push({ level: 'info', facts: { ...facts }, message }),
      error: (facts, message) => log.push({ level: 'error', facts: { ...facts }, message }),
    },
  });
  const listener = await listen({
    addresses: options.addresses ?? ['127.0.0.1'],
    port: 0,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    messages: messageClassesFor(application),
    handler: application,
    answerParserRefusal,
    onError: (error) => {
      throw error;
    },
    timer: systemTimer,
  });
  const scheme = options.tls === undefined ? 'http' : 'https';
  const { port } = listener;
  return { base: `${scheme}://127.0.0.1:${port}`, port, application, nonces, log, accounts, listener };
}

function memoryAccounts(accounts: Map<AccountId, Account>): Pick<Registration, 'findAccount' | 'newAccount'> {
  return {
    findAccount: async (id) => accounts.get(id),
    newAccount: async (key, request) => {
      const existing = [...accounts.values()].find(({ thumbprint }) => thumbprint === key.thumbprint);
      if (existing !== undefined) return { account: existing, created: false };
      const account: Account = {
        id: (accounts.size + 1) as AccountId,
        status: 'valid',
        key: key.jwk,
        thumbprint: key.thumbprint,
        contacts: request.contact ?? [],
        termsOfServiceAgreed: request.termsOfServiceAgreed === true,
        createdAt: TEST_NOW,
      };
      accounts.set(account.id, account);
      return { account, created: true };
    },
  };
}

function unexpectedCalls(): Partial<Registration> {
  const unexpected = (name: string) => async (): Promise<never> => {
    throw new Error(`the test did not expect a call of ${name}`);
  };
  return {
    updateContacts: unexpected('updateContacts'),
    deactivateAccount: unexpected('deactivateAccount'),
    newOrder: unexpected('newOrder'),
    order: unexpected('order'),
    finalize: unexpected('finalize'),
    authorization: unexpected('authorization'),
    deactivateAuthorization: unexpected('deactivateAuthorization'),
    challenge: unexpected('challenge'),
    respondToChallenge: unexpected('respondToChallenge'),
    certificate: unexpected('certificate'),
    revoke: unexpected('revoke'),
  };
}
