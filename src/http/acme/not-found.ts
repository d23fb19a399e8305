import { AcmeError } from '../../protocol/acme-error.ts';

/** Throws 404 `malformed`: there is nothing at the URL. */
export function unknownResource(): never {
  throw new AcmeError(
    'malformed',
    'There is nothing at this URL. The directory at /dir lists what this server offers; other URLs come from its answers.',
    { status: 404 },
  );
}
