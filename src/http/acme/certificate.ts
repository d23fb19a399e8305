import type { Registration } from '../../registration/registration.ts';
import { unknownResource } from './not-found.ts';
import { requirePostAsGet } from './payload.ts';
import type { Reply } from './reply.ts';
import { idOfSegment } from './urls.ts';
import type { AccountPost } from './verified-post.ts';

/** RFC 8555 section 7.4.2: the chain as PEM, whatever Accept says; it is the one format that clients must take. */
export async function postCertificate(
  registration: Pick<Registration, 'certificate'>,
  post: AccountPost,
  segment: string | undefined,
): Promise<Reply> {
  requirePostAsGet(post);
  const id = idOfSegment('cert', segment) ?? unknownResource();
  const { chainPem } = await registration.certificate(post.account, id);
  return { status: 200, headers: { 'Content-Type': 'application/pem-certificate-chain' }, body: chainPem };
}
