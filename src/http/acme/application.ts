import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import { createKeyCache } from '../../jws/key-cache.ts';
import { createSignatureVerifier } from '../../jws/verify.ts';
import { AcmeError } from '../../protocol/acme-error.ts';
import type { AcmeDependencies } from './dependencies.ts';
import type { Exchange, Produce } from './frame.ts';
import { answer } from './frame.ts';
import type { JwsPipelineDependencies } from './jws-pipeline.ts';
import { verifyPost } from './jws-pipeline.ts';
import { unknownResource } from './not-found.ts';
import type { Reply } from './reply.ts';
import type { RequestContext, Route } from './routes.ts';
import { createRoutes } from './routes.ts';
import type { AccountPost, KeyPost } from './verified-post.ts';

/** Accounts whose imported key is kept: more than are busy at once, and a few megabytes. */
const KEY_CACHE_CAPACITY = 1_000;

/**
 * The ACME server of RFC 8555 as an express application. Serve it with `messageClassesFor(application)` and
 * `answerParserRefusal`, so that its requests are cheap and everything refused has a problem document.
 */
export function createAcmeApplication(dependencies: AcmeDependencies): Express {
  const application = express();
  application.disable('x-powered-by');
  application.set('etag', false);
  application.enable('case sensitive routing');
  application.enable('strict routing');
  let requestsInFlight = 0;
  const pipeline: JwsPipelineDependencies = {
    registration: dependencies.registration,
    nonces: dependencies.nonces,
    timer: dependencies.timer,
    keyCache: createKeyCache(KEY_CACHE_CAPACITY),
    verifier: createSignatureVerifier({ requestsInFlight: () => requestsInFlight }),
  };
  const respond = async (request: Request, response: Response, produce: Produce): Promise<void> => {
    requestsInFlight += 1;
    try {
      await answer(dependencies, request, response, produce);
    } finally {
      requestsInFlight -= 1;
    }
  };
  for (const [path, routes] of byPath(createRoutes(dependencies))) {
    application.all(path, (request, response) =>
      respond(request, response, (exchange) => dispatch(pipeline, routes, idIn(request), exchange)),
    );
  }
  application.use((request, response) => respond(request, response, unknownResource));
  // express tells its error handlers by their four parameters. It throws for paths that it cannot decode.
  application.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    respond(request, response, () => {
      throw error instanceof URIError
        ? new AcmeError('malformed', 'The path of the URL has a broken percent-encoding.')
        : error;
    }),
  );
  return application;
}

function idIn(request: Request): string | undefined {
  const id: unknown = request.params.id;
  return typeof id === 'string' ? id : undefined;
}

function byPath(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const paths = new Set(routes.map(({ path }) => path));
  return new Map([...paths].map((path) => [path, routes.filter((route) => route.path === path)]));
}

/** Chooses the row for the method, authenticates as the row says, and calls its handler. */
async function dispatch(
  pipeline: JwsPipelineDependencies,
  routes: readonly Route[],
  id: string | undefined,
  { request, address, urls, event }: Exchange,
): Promise<Reply> {
  const method = request.method ?? '';
  const wanted = method === 'HEAD' ? 'GET' : method;
  const route = routes.find((candidate) => candidate.method === wanted) ?? methodNotAllowed(routes);
  const context: RequestContext = { method, id, urls };
  const signed = <Post extends AccountPost | KeyPost>(post: Post): Post => {
    event.signed(post);
    return post;
  };
  switch (route.authentication) {
    case 'none':
      return route.handle(context);
    case 'account':
      return route.handle(context, signed(await verifyPost(pipeline, request, address, 'account')));
    case 'key':
      return route.handle(context, signed(await verifyPost(pipeline, request, address, 'key')));
    case 'account-or-key':
      return route.handle(context, signed(await verifyPost(pipeline, request, address, 'account-or-key')));
  }
}

/** RFC 9110 section 15.5.6: 405 says in Allow what would be right. RFC 8555 section 6.3 asks for it on GET. */
function methodNotAllowed(routes: readonly Route[]): never {
  const allowed = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  throw new AcmeError('malformed', `This resource does not take that method. It takes ${allowed}.`, {
    status: 405,
    headers: { Allow: allowed },
  });
}
