import * as z from 'zod';
import type { Registration } from '../../registration/registration.ts';
import { parsePayload } from './payload.ts';
import { orderHeaders, renderOrder } from './render-order.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';
import type { AccountPost } from './verified-post.ts';

const payloadSchema = z.object({
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
  notBefore: z.string().exactOptional(),
  notAfter: z.string().exactOptional(),
});

/** RFC 8555 section 7.4. */
export async function postNewOrder(
  registration: Pick<Registration, 'newOrder'>,
  post: AccountPost,
  urls: Urls,
): Promise<Reply> {
  const payload = parsePayload(post, payloadSchema);
  const view = await registration.newOrder(post.account, payload);
  return jsonReply(201, renderOrder(view, urls), orderHeaders(view, urls));
}
