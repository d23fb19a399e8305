import { AcmeError } from '../protocol/acme-error.ts';

/** 404 for an id that names nothing. `what` begins the sentence, for instance `The order order_7`. */
export function notFound(what: string): AcmeError {
  return new AcmeError('malformed', `${what} does not exist on this server. Check its URL.`, { status: 404 });
}

/** 403 for a resource of another account: RFC 8555 section 7.5 leaves the type open; `unauthorized` is Let's Encrypt's. */
export function notYours(what: string): AcmeError {
  return new AcmeError(
    'unauthorized',
    `${what} belongs to another account. Sign the request with the key of the account that made it.`,
  );
}

/** RFC 8555 section 7.3.6: a request by a deactivated account MUST be answered 401 with `unauthorized`. */
export function accountNotValid(): AcmeError {
  return new AcmeError(
    'unauthorized',
    'This account is deactivated, which is final. Make a new account with a new key.',
    { status: 401 },
  );
}
