import * as z from 'zod';
import { authorizationStatus } from '../../protocol/authorization.ts';
import type { Registration } from '../../registration/registration.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { AcmeConfig } from './dependencies.ts';
import { unknownResource } from './not-found.ts';
import { isPostAsGet, parsePayload } from './payload.ts';
import { renderAuthorization } from './render-authorization.ts';
import { pollHeaders } from './render-challenge.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';
import { idOfSegment } from './urls.ts';
import type { AccountPost } from './verified-post.ts';

const payloadSchema = z.object({
  status: z.literal('deactivated', { error: 'the one change of an authorization is "deactivated"' }),
});

/** RFC 8555 sections 7.5 and 7.5.2: reads an authorization, or gives it up. */
export async function postAuthorization(
  {
    registration,
    config,
    clock,
  }: {
    readonly registration: Pick<Registration, 'authorization' | 'deactivateAuthorization'>;
    readonly config: Pick<AcmeConfig, 'issuers'>;
    readonly clock: Clock;
  },
  post: AccountPost,
  segment: string | undefined,
  urls: Urls,
): Promise<Reply> {
  const id = idOfSegment('authz', segment) ?? unknownResource();
  if (!isPostAsGet(post)) parsePayload(post, payloadSchema);
  const authorization = isPostAsGet(post)
    ? await registration.authorization(post.account, id)
    : await registration.deactivateAuthorization(post.account, id);
  const now = clock.now();
  const names = { accountUrl: urls.account(post.account.id), issuers: config.issuers ?? [] };
  const isDecided = authorizationStatus(authorization, now) !== 'pending';
  return jsonReply(
    200,
    renderAuthorization(authorization, urls, names, now),
    isDecided ? {} : pollHeaders(authorization.challenges),
  );
}
