import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AcmeDependencies } from './dependencies.ts';
import { problemReply, refusalOf } from './problem-response.ts';
import type { Reply } from './reply.ts';
import type { RequestAddress } from './request-base.ts';
import { pathOf, requestAddress } from './request-base.ts';
import { RequestEvent } from './request-event.ts';
import type { Urls } from './urls.ts';
import { createUrls, PATHS } from './urls.ts';

/** What the frame hands to whoever makes the reply. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly address: RequestAddress;
  readonly urls: Urls;
  readonly event: RequestEvent;
}

export type Produce = (exchange: Exchange) => Reply | Promise<Reply>;

type FrameDependencies = Pick<AcmeDependencies, 'nonces' | 'config' | 'timer' | 'randomness' | 'logger'>;

/**
 * Answers one request: whatever `produce` returns or throws becomes exactly one response, with what every response of
 * ACME carries, and exactly one line in the log. Never rejects.
 */
export async function answer(
  dependencies: FrameDependencies,
  request: IncomingMessage,
  response: ServerResponse,
  produce: Produce,
): Promise<void> {
  const { config, randomness, logger, timer } = dependencies;
  const event = new RequestEvent(request, timer.now());
  let urls: Urls | undefined;
  let reply: Reply;
  try {
    const address = requestAddress(request, config.externalUrl);
    urls = createUrls(address.base);
    reply = await produce({ request, address, urls, event });
  } catch (thrown) {
    const refusal = refusalOf(thrown, randomness);
    event.refused(refusal);
    reply = problemReply(refusal.error);
  }
  send(dependencies, request, response, reply, urls);
  event.write(logger, reply.status, timer.now());
}

function send(
  { nonces }: FrameDependencies,
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  urls: Urls | undefined,
): void {
  const path = pathOf(request.url);
  const isDirectory = path === PATHS.directory || path === '/directory';
  // RFC 8555 section 7.1: every resource but the directory links to it.
  const index = urls === undefined || isDirectory ? [] : [`<${urls.directory}>;rel="index"`];
  const links = [...index, ...(reply.headers.Link ?? [])];
  // Assigned one after another: an object literal of spreads costs 2 microseconds more, each time.
  const headers: Record<string, string | number | readonly string[]> = Object.assign({}, reply.headers);
  headers['Cache-Control'] = 'no-store';
  if (links.length > 0) headers.Link = links;
  // RFC 8555 section 6.5: on every answer to a POST, refusals included, so that a client can try again at once.
  if (request.method === 'POST' || path === PATHS.newNonce) headers['Replay-Nonce'] = nonces.issue();
  // RFC 9110 section 8.6: not with 204.
  if (reply.status !== 204) headers['Content-Length'] = Buffer.byteLength(reply.body);
  response.writeHead(reply.status, headers as OutgoingHttpHeaders);
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}
