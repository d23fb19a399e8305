import * as z from 'zod';
import type { Registration } from '../../registration/registration.ts';
import { unknownResource } from './not-found.ts';
import { base64urlBytes, parsePayload } from './payload.ts';
import { orderHeaders, renderOrder } from './render-order.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';
import { idOfSegment } from './urls.ts';
import type { AccountPost } from './verified-post.ts';

const payloadSchema = z.object({ csr: base64urlBytes });

/** RFC 8555 section 7.4: answers the order, issued or being signed. */
export async function postFinalize(
  registration: Pick<Registration, 'finalize'>,
  post: AccountPost,
  segment: string | undefined,
  urls: Urls,
): Promise<Reply> {
  const id = idOfSegment('order', segment) ?? unknownResource();
  const { csr } = parsePayload(post, payloadSchema);
  const view = await registration.finalize(post.account, id, csr, urls.account(post.account.id));
  return jsonReply(200, renderOrder(view, urls), orderHeaders(view, urls));
}
