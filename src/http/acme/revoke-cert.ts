import * as z from 'zod';
import type { Registration } from '../../registration/registration.ts';
import { base64urlBytes, parsePayload } from './payload.ts';
import type { Reply } from './reply.ts';
import { emptyReply } from './reply.ts';
import type { AccountPost, KeyPost } from './verified-post.ts';

const payloadSchema = z.object({ certificate: base64urlBytes, reason: z.unknown().optional() });

/** RFC 8555 section 7.6: signed by an account, or by the key of the certificate. */
export async function postRevokeCert(
  registration: Pick<Registration, 'revoke'>,
  post: AccountPost | KeyPost,
): Promise<Reply> {
  const { certificate, reason } = parsePayload(post, payloadSchema);
  const revoker =
    post.signedBy === 'account'
      ? ({ by: 'account', account: post.account } as const)
      : ({ by: 'key', key: post.key } as const);
  await registration.revoke(revoker, certificate, reason);
  return emptyReply(200);
}
