import { createSecureContext } from 'node:tls';
import type { BenchServer } from '../servers/bench-server.ts';
import type { Transport } from './channel.ts';
import { openChannel } from './open-channel.ts';
import { Recorder } from './recorder.ts';
import type { Directory, Session } from './session.ts';
import { openSession } from './session.ts';

/** One account that answers challenges whose targets never let a validation end. */
export interface Attacker {
  /** Orders the names and answers the http-01 challenge of each. Resolves when all are accepted. */
  answerChallenges(names: readonly string[]): Promise<void>;
  /** Whether the last of its challenges is not decided yet. */
  isUndecided(): Promise<boolean>;
  close(): void;
}

interface Authorization {
  readonly status: string;
  readonly challenges: readonly { readonly type: string; readonly url: string }[];
}

const NAMES_PER_ORDER = 100;

/** Opens a connection to the server and registers an account. */
export async function openAttacker(server: BenchServer, transport: Transport): Promise<Attacker> {
  const origin = new URL(server.directoryUrl);
  const context = createSecureContext({ ca: server.apiCaPem });
  const channel = openChannel({
    origin,
    context,
    keepAlive: true,
    transport,
    onUnanswered: () => undefined,
  });
  const directory = JSON.parse((await channel.send('GET', origin.pathname, '')).body) as Directory;
  const session = await openSession(channel, directory, new Recorder());
  let last = '';
  return {
    async answerChallenges(names) {
      const authorizations: string[] = [];
      for (let at = 0; at < names.length; at += NAMES_PER_ORDER) {
        const identifiers = names.slice(at, at + NAMES_PER_ORDER).map((value) => ({ type: 'dns', value }));
        const placed = await session.post('newOrder', directory.newOrder, { identifiers });
        authorizations.push(...(JSON.parse(placed.body) as { authorizations: string[] }).authorizations);
      }
      for (const url of authorizations) {
        const { challenges } = await readAuthorization(session, url);
        const challenge = challenges.find(({ type }) => type === 'http-01');
        await session.post('challenge', challenge?.url ?? '', {});
        last = url;
      }
    },
    isUndecided: async () => (await readAuthorization(session, last)).status === 'pending',
    close: () => session.close(),
  };
}

async function readAuthorization(session: Session, url: string): Promise<Authorization> {
  return JSON.parse((await session.post('authz', url)).body) as Authorization;
}
