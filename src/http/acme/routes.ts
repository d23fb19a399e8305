import { postAccount } from './account.ts';
import { postAuthorization } from './authorization.ts';
import { postCertificate } from './certificate.ts';
import { postChallenge } from './challenge.ts';
import type { AcmeDependencies } from './dependencies.ts';
import { getDirectory } from './directory.ts';
import { postFinalize } from './finalize.ts';
import { postNewAccount } from './new-account.ts';
import { newNonce } from './new-nonce.ts';
import { postNewOrder } from './new-order.ts';
import { postOrder } from './order.ts';
import { requirePostAsGet } from './payload.ts';
import type { Reply } from './reply.ts';
import { emptyReply } from './reply.ts';
import { postRevokeCert } from './revoke-cert.ts';
import type { Urls } from './urls.ts';
import { PATHS } from './urls.ts';
import type { AccountPost, KeyPost } from './verified-post.ts';

/** What a handler sees of the request beside its verified payload. */
export interface RequestContext {
  /** `HEAD` is told apart from `GET` for newNonce alone; a HEAD response's body is dropped by the frame. */
  readonly method: string;
  /** The last variable segment of the path, where the route has one. */
  readonly id: string | undefined;
  readonly urls: Urls;
}

type Answer = Reply | Promise<Reply>;
type Handler<Post> = (context: RequestContext, post: Post) => Answer;

interface OpenRoute {
  readonly method: 'GET';
  readonly authentication: 'none';
  readonly handle: (context: RequestContext) => Answer;
}

interface SignedRoute<Authentication, Post> {
  readonly method: 'POST';
  readonly authentication: Authentication;
  readonly handle: Handler<Post>;
}

/** One line of the table: method, path, how the request is authenticated, handler. GET stands for HEAD too. */
export type Route = { readonly path: string } & (
  | OpenRoute
  | SignedRoute<'account', AccountPost>
  | SignedRoute<'key', KeyPost>
  | SignedRoute<'account-or-key', AccountPost | KeyPost>
);

/**
 * The resources of RFC 8555 section 7.1. Directory and newNonce are also served to GET; all else is read by POST-as-GET
 * (section 6.3).
 */
export function createRoutes(dependencies: AcmeDependencies): readonly Route[] {
  const { registration, config, page } = dependencies;
  const readDirectory: Handler<AccountPost> = ({ urls }, post) => {
    requirePostAsGet(post);
    return getDirectory(config, urls);
  };
  const readNonce: Handler<AccountPost> = ({ method }, post) => {
    requirePostAsGet(post);
    return newNonce(method);
  };
  return [
    get('/', () => htmlPage(page())),
    // Browsers ask for it beside the page, which has none.
    get('/favicon.ico', () => emptyReply(204)),
    get(PATHS.directory, ({ urls }) => getDirectory(config, urls)),
    get('/directory', ({ urls }) => getDirectory(config, urls)),
    get(PATHS.newNonce, ({ method }) => newNonce(method)),
    byAccount(PATHS.directory, readDirectory),
    byAccount('/directory', readDirectory),
    byAccount(PATHS.newNonce, readNonce),
    byKey(PATHS.newAccount, ({ urls }, post) => postNewAccount(registration, post, urls)),
    byAccount('/acme/account/:id', ({ id, urls }, post) => postAccount(registration, post, id, urls)),
    byAccount(PATHS.newOrder, ({ urls }, post) => postNewOrder(registration, post, urls)),
    byAccount('/acme/order/:id', ({ id, urls }, post) => postOrder(registration, post, id, urls)),
    byAccount('/acme/order/:id/finalize', ({ id, urls }, post) => postFinalize(registration, post, id, urls)),
    byAccount('/acme/authz/:id', ({ id, urls }, post) => postAuthorization(dependencies, post, id, urls)),
    byAccount('/acme/chall/:id', ({ id, urls }, post) => postChallenge(dependencies, post, id, urls)),
    byAccount('/acme/cert/:id', ({ id }, post) => postCertificate(registration, post, id)),
    byAccountOrKey(PATHS.revokeCert, (_context, post) => postRevokeCert(registration, post)),
  ];
}

function get(path: string, handle: OpenRoute['handle']): Route {
  return { method: 'GET', path, authentication: 'none', handle };
}

function byAccount(path: string, handle: Handler<AccountPost>): Route {
  return { method: 'POST', path, authentication: 'account', handle };
}

function byKey(path: string, handle: Handler<KeyPost>): Route {
  return { method: 'POST', path, authentication: 'key', handle };
}

function byAccountOrKey(path: string, handle: Handler<AccountPost | KeyPost>): Route {
  return { method: 'POST', path, authentication: 'account-or-key', handle };
}

function htmlPage(html: string): Reply {
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
    body: html,
  };
}
