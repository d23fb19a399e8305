import type { Registration } from '../../registration/registration.ts';
import { unknownResource } from './not-found.ts';
import { requirePostAsGet } from './payload.ts';
import { orderHeaders, renderOrder } from './render-order.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';
import { idOfSegment } from './urls.ts';
import type { AccountPost } from './verified-post.ts';

/** RFC 8555 section 7.4: reads an order. */
export async function postOrder(
  registration: Pick<Registration, 'order'>,
  post: AccountPost,
  segment: string | undefined,
  urls: Urls,
): Promise<Reply> {
  requirePostAsGet(post);
  const id = idOfSegment('order', segment) ?? unknownResource();
  const view = await registration.order(post.account, id);
  return jsonReply(200, renderOrder(view, urls), orderHeaders(view, urls));
}
