import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionLimit } from './connection-limit.ts';
import { shareConnections } from './connection-limit.ts';
import type { Connections } from './connections.ts';
import { trackConnections } from './connections.ts';
import { hostHasFamilyOf } from './host-families.ts';
import { CannotListenError, isMissingAddress, PortInUseError } from './listen-errors.ts';
import type { MessageClasses } from './message-classes.ts';
import type { ParserRefusal, ParserRefusalAnswer } from './parser-refusal.ts';
import { createRefuser, refusalOf, withReadableTargets } from './parser-refusal.ts';
import type { Timer } from './timer.ts';

/** A key and its certificate chain, PEM. */
export interface TlsCredentials {
  readonly key: string;
  readonly cert: string;
}

export interface ListenOptions {
  /** Literal addresses, one socket each; IPv6 ones take IPv6 only. */
  readonly addresses: readonly string[];
  /** The same for all addresses; 0 picks a number that is free on all of them. */
  readonly port: number;
  /** True to fail when the host lacks one of the addresses; else those are reported, and one must be there. */
  readonly requireAll?: boolean;
  /** Absent for plain HTTP. */
  readonly tls?: TlsCredentials;
  /** How requests and responses are made: `messageClassesFor` an express application. */
  readonly messages?: MessageClasses;
  readonly handler: RequestListener;
  /** Makes the answer to what Node's parser refuses. */
  readonly answerParserRefusal: (refusal: ParserRefusal) => ParserRefusalAnswer;
  /** How many connections may stand on all addresses together; 10,000 unless given. Further ones are closed as they come. */
  readonly maxConnections?: number;
  /** Told of connections that could not be accepted, for instance because too many stand. */
  readonly onError: (error: Error) => void;
  readonly timer: Timer;
}

export interface MissingAddress {
  readonly address: string;
  readonly code: string;
}

/** Sockets that listen on one port. */
export interface Listener {
  readonly port: number;
  /** The addresses that are listened on. */
  readonly addresses: readonly string[];
  /** The addresses that this host does not have. */
  readonly missing: readonly MissingAddress[];
  /** New connections get the new certificate; those that stand keep theirs. Does nothing on plain HTTP. */
  replaceCertificate(tls: TlsCredentials): void;
  /**
   * Stops accepting, closes idle connections at once and finishes requests in flight; what is left after `deadlineMs`
   * (10,000 unless given) is cut. Resolves when every socket is closed; calling again waits for the same end.
   */
  close(deadlineMs?: number): Promise<void>;
}

const CLOSE_DEADLINE_MS = 10_000;
const FREE_PORT_ATTEMPTS = 20;

/**
 * Keep-alive is longer than the common clients' 60 s, so that it is they who close: a server that closes first races
 * with the next request.
 */
const LIMITS = {
  keepAliveTimeout: 65_000,
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  // Those whose time is up are closed together, each with an answer: often, so that they are few.
  connectionsCheckingInterval: 250,
  maxHeaderSize: 16 * 1024,
  // Answered by the application with a problem document; Node's own answer has no body.
  requireHostHeader: false,
  noDelay: true,
} satisfies ServerOptions;

/** A client that does not take its answer holds its connection no longer. More than any answer here is waited for. */
const SILENCE_MS = 90_000;

/** Node would wait for two minutes. */
const HANDSHAKE_MS = 20_000;

const MOST_CONNECTIONS = 10_000;

/**
 * Listens on every address with the same port. Throws PortInUseError when another program has it, CannotListenError when
 * an address is refused, or is missing and required, or when every address is missing; then nothing is left open.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnce(options);
    } catch (error) {
      // The number that was free on the first address is taken on another: pick again.
      const retry = error instanceof PortInUseError && options.port === 0 && attempt < FREE_PORT_ATTEMPTS;
      if (!retry) throw error;
    }
  }
}

interface OpenServer {
  readonly address: string;
  readonly server: Server | HttpsServer;
  readonly connections: Connections;
}

async function listenOnce(options: ListenOptions): Promise<Listener> {
  const open: OpenServer[] = [];
  const missing: CannotListenError[] = [];
  const limit = limitConnections(options);
  let port = options.port;
  try {
    for (const address of options.addresses) {
      try {
        const opened = await openServer(options, address, port, limit);
        open.push(opened);
        port = portOf(opened.server);
      } catch (error) {
        if (options.requireAll === true || !isMissingAddress(error)) throw error;
        missing.push(error);
      }
    }
    const [firstMissing] = missing;
    if (open.length === 0) throw firstMissing ?? new Error('there is no address to listen on');
  } catch (error) {
    await closeAll(open, 0);
    throw error;
  }
  return toListener(open, missing, port);
}

function limitConnections({ maxConnections = MOST_CONNECTIONS, onError }: ListenOptions): ConnectionLimit {
  return shareConnections(maxConnections, () =>
    onError(
      new Error(
        `${maxConnections} connections stand, which is as many as there may be: further ones are closed as they come.`,
      ),
    ),
  );
}

function toListener(
  open: readonly OpenServer[],
  missing: readonly CannotListenError[],
  port: number,
): Listener {
  let closed: Promise<void> | undefined;
  return {
    port,
    addresses: open.map(({ address }) => address),
    missing: missing.map(({ address, code }) => ({ address, code })),
    replaceCertificate(tls) {
      for (const { server } of open) if ('setSecureContext' in server) server.setSecureContext({ ...tls });
    },
    close(deadlineMs = CLOSE_DEADLINE_MS) {
      closed ??= closeAll(open, deadlineMs);
      return closed;
    },
  };
}

async function closeAll(open: readonly OpenServer[], deadlineMs: number): Promise<void> {
  await Promise.all(open.map(({ connections }) => connections.close(deadlineMs)));
}

async function openServer(
  options: ListenOptions,
  address: string,
  port: number,
  limit: ConnectionLimit,
): Promise<OpenServer> {
  if (!hostHasFamilyOf(address)) throw new CannotListenError(address, port, 'EADDRNOTAVAIL');
  const server = makeServer(options);
  limit.include(server);
  server.timeout = SILENCE_MS;
  const connections = trackConnections(server, options.timer);
  const answerRefusal = createRefuser(connections.answers);
  const refuse = (refusal: ParserRefusal | undefined, socket: Duplex): void =>
    answerRefusal(socket, refusal && options.answerParserRefusal(refusal));
  server.on('clientError', (error, socket) => refuse(refusalOf(error), socket));
  server.on('connect', (_request, socket) => refuse({ status: 405 }, socket));
  // RFC 9110 section 10.1.1: an expectation that is not understood may be ignored.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('request', withReadableTargets(options.handler, options.answerParserRefusal));
  await bind(server, address, port, options.onError);
  return { address, server, connections };
}

function makeServer(options: ListenOptions): Server | HttpsServer {
  const { messages, tls } = options;
  const common = {
    ...LIMITS,
    ...(messages && {
      IncomingMessage: messages.IncomingMessage,
      ServerResponse: messages.ServerResponse,
    }),
  };
  return tls === undefined
    ? createServer(common)
    : createHttpsServer({ ...common, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS });
}

function bind(
  server: Server,
  address: string,
  port: number,
  onAcceptError: (error: Error) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const code = error.code ?? 'unknown';
      reject(
        code === 'EADDRINUSE'
          ? new PortInUseError(address, port, { cause: error })
          : new CannotListenError(address, port, code, { cause: error }),
      );
    };
    server.once('error', onError);
    server.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
      server.off('error', onError);
      server.on('error', onAcceptError);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('unreachable: the server listens');
  return address.port;
}
