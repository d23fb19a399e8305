import * as z from 'zod';
import type { Registration } from '../../registration/registration.ts';
import { parsePayload } from './payload.ts';
import { renderAccount } from './render-account.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';
import type { KeyPost } from './verified-post.ts';

const payloadSchema = z.object({
  contact: z.array(z.string()).exactOptional(),
  termsOfServiceAgreed: z.boolean().exactOptional(),
  onlyReturnExisting: z.boolean().exactOptional(),
});

/** RFC 8555 section 7.3: 201 for a new account, 200 for the one that the key has already (section 7.3.1). */
export async function postNewAccount(
  registration: Pick<Registration, 'newAccount'>,
  post: KeyPost,
  urls: Urls,
): Promise<Reply> {
  const payload = parsePayload(post, payloadSchema);
  const { account, created } = await registration.newAccount(post.key, payload);
  return jsonReply(created ? 201 : 200, renderAccount(account), { Location: urls.account(account.id) });
}
