import type { IncomingMessage, ServerResponse } from 'node:http';
import { http01Path } from '../protocol/key-authorization.ts';
import { CannotListenError, PortInUseError } from '../runtime/listen-errors.ts';
import type { Listener, MissingAddress } from '../runtime/listener.ts';
import { listen } from '../runtime/listener.ts';
import type { Timer } from '../runtime/timer.ts';

type Family = 'IPv4' | 'IPv6';

/** Answers http-01 for the tokens that it was given: RFC 8555 section 8.3. */
export interface Http01Responder {
  readonly port: number;
  /** The families that it answers on. */
  readonly families: readonly Family[];
  /** Present when one family could not be bound: what happened, and what it means. */
  readonly warning?: string;
  serve(token: string, keyAuthorization: string): void;
  forget(token: string): void;
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

/** The responder's port is taken; the message says which flag changes it. */
export class ResponderPortInUseError extends PortInUseError {
  constructor(cause: PortInUseError) {
    super(cause.address, cause.port, { cause });
    this.name = 'ResponderPortInUseError';
    this.message = `http-01 cannot be answered: another program listens on port ${cause.port} of ${cause.address}. Stop it, or ${OTHER_PORT}`;
  }
}

const OTHER_PORT =
  'have the CA dial another port and answer there: Touchstone takes it from --set validation.httpPort=N of `serve`, which has to be started again, and `issue` then knows it; for another CA, say --http-port N.';

/**
 * Listens on all IPv4 and all IPv6 addresses, with one socket each. `port` 0 takes a free one, the same for both. A host
 * with one family alone is served on that family, with a warning. Throws ResponderPortInUseError when the port is taken,
 * CannotListenError when it is not permitted.
 */
export async function startHttp01Responder(options: {
  readonly port: number;
  readonly timer: Timer;
}): Promise<Http01Responder> {
  const answers = new Map<string, string>();
  const listener = await open(options, (request, response) => respond(answers, request, response));
  return {
    port: listener.port,
    families: listener.addresses.map(familyOf),
    ...warningOf(listener.missing),
    serve: (token, keyAuthorization) => void answers.set(token, keyAuthorization),
    forget: (token) => void answers.delete(token),
    // A CA that is still reading is waiting for nothing any more.
    close: () => listener.close(0),
  };
}

async function open(
  { port, timer }: { readonly port: number; readonly timer: Timer },
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> {
  try {
    return await listen({
      addresses: ['0.0.0.0', '::'],
      port,
      handler,
      answerParserRefusal: ({ status }) => ({ status, reasonPhrase: '', headers: {}, body: '' }),
      // A connection that could not be accepted fails its validation, which then says so.
      onError: () => undefined,
      timer,
    });
  } catch (error) {
    if (error instanceof PortInUseError) throw new ResponderPortInUseError(error);
    if (error instanceof CannotListenError && error.code === 'EACCES')
      error.message += ` Here: ${OTHER_PORT}`;
    throw error;
  }
}

function respond(
  answers: ReadonlyMap<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const prefix = http01Path('');
  const token = request.url?.startsWith(prefix) ? request.url.slice(prefix.length) : '';
  const body = answers.get(token);
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (body === undefined || !reading) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not a challenge of this client\n');
    return;
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(body);
}

function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

function warningOf(missing: readonly MissingAddress[]): { readonly warning?: string } {
  const [lost] = missing;
  if (lost === undefined) return {};
  const family = familyOf(lost.address);
  const other = family === 'IPv4' ? 'IPv6' : 'IPv4';
  return {
    warning: `this host has no ${family} (${lost.code}): http-01 is answered over ${other} alone, so a CA that dials an ${family} address will not reach it.`,
  };
}
