import type { Reply } from './reply.ts';
import { emptyReply } from './reply.ts';

/** RFC 8555 section 7.2: 200 for HEAD (and POST-as-GET), 204 for GET. The frame adds the nonce. */
export function newNonce(method: string): Reply {
  return emptyReply(method === 'GET' ? 204 : 200);
}
