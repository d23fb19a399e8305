import type { AcmeConfig } from './dependencies.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';

/** RFC 8555 section 7.1.1. Resources that are not served (newAuthz, keyChange) are not advertised. */
export function getDirectory(
  config: Pick<AcmeConfig, 'termsOfService' | 'website' | 'caaIdentities'>,
  urls: Urls,
): Reply {
  const { termsOfService, website, caaIdentities } = config;
  return jsonReply(200, {
    newNonce: urls.newNonce,
    newAccount: urls.newAccount,
    newOrder: urls.newOrder,
    revokeCert: urls.revokeCert,
    meta: {
      ...(termsOfService === undefined ? {} : { termsOfService }),
      ...(website === undefined ? {} : { website }),
      ...(caaIdentities === undefined ? {} : { caaIdentities }),
      externalAccountRequired: false,
    },
  });
}
