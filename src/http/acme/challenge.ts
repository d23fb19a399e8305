import * as z from 'zod';
import type { Registration } from '../../registration/registration.ts';
import type { AcmeConfig } from './dependencies.ts';
import { unknownResource } from './not-found.ts';
import { isPostAsGet, parsePayload } from './payload.ts';
import { challengeHeaders, renderChallenge } from './render-challenge.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';
import { idOfSegment } from './urls.ts';
import type { AccountPost } from './verified-post.ts';

/** RFC 8555 section 8.3: the response is an empty object; older clients put members into it, which are ignored. */
const payloadSchema = z.object({});

/** RFC 8555 section 7.5.1: reads a challenge, or says that it is ready to be validated. */
export async function postChallenge(
  {
    registration,
    config,
  }: {
    readonly registration: Pick<Registration, 'challenge' | 'respondToChallenge'>;
    readonly config: Pick<AcmeConfig, 'issuers'>;
  },
  post: AccountPost,
  segment: string | undefined,
  urls: Urls,
): Promise<Reply> {
  const id = idOfSegment('chal', segment) ?? unknownResource();
  if (!isPostAsGet(post)) parsePayload(post, payloadSchema);
  const accountUrl = urls.account(post.account.id);
  const { challenge } = isPostAsGet(post)
    ? await registration.challenge(post.account, id)
    : await registration.respondToChallenge(post.account, id, accountUrl);
  const names = { accountUrl, issuers: config.issuers ?? [] };
  return jsonReply(200, renderChallenge(challenge, urls, names), challengeHeaders(challenge, urls));
}
