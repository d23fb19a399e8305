import type { AccountKey } from '../jws/sign.ts';
import type { Timer } from '../runtime/timer.ts';
import { systemTimer } from '../runtime/timer.ts';
import { accountKeyOf } from './account-key.ts';
import { createAccountSession } from './account-session.ts';
import type { AcmeClient } from './acme-client.ts';
import { createHttpTransport } from './http-transport.ts';
import { orderOperations } from './order-operations.ts';
import { createSignedSession } from './signed-session.ts';

export interface AcmeClientOptions {
  readonly directoryUrl: string;
  /** PEM of the CA of the server's HTTPS; the system's roots without it. */
  readonly apiCa?: string | undefined;
  /** See generateAccountKey (jws) and accountKeyOf. */
  readonly accountKey: AccountKey;
  /** Milliseconds for one request (default 30 s). */
  readonly requestTimeoutMs?: number | undefined;
  /** Milliseconds for an authorization or an order to be decided (default 180 s). */
  readonly pollTimeoutMs?: number | undefined;
  readonly timer?: Timer | undefined;
}

/** A client for one account key on one server; nothing is sent before the first operation. */
export function createAcmeClient(options: AcmeClientOptions): AcmeClient {
  const timer = options.timer ?? systemTimer;
  const transport = createHttpTransport({
    apiCa: options.apiCa,
    timeoutMs: options.requestTimeoutMs ?? 30_000,
    timer,
  });
  const session = createAccountSession(
    createSignedSession(options.directoryUrl, transport),
    options.accountKey,
  );
  return {
    directory: session.directory,
    newAccount: session.newAccount,
    keyAuthorization: session.keyAuthorization,
    ...orderOperations(session, { timer, totalMs: options.pollTimeoutMs ?? 180_000 }),
    async revoke(certificate, { reason, certificateKey } = {}) {
      const { revokeCert } = await session.directory();
      const encoded = Buffer.from(certificate).toString('base64url');
      const payload = { certificate: encoded, ...(reason === undefined ? {} : { reason }) };
      await session.post(
        revokeCert,
        payload,
        certificateKey === undefined ? {} : { key: accountKeyOf(certificateKey) },
      );
    },
    close: () => transport.close(),
  };
}
