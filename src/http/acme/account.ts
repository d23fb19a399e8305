import * as z from 'zod';
import type { Account } from '../../protocol/account.ts';
import { AcmeError } from '../../protocol/acme-error.ts';
import type { Registration } from '../../registration/registration.ts';
import { isPostAsGet, parsePayload } from './payload.ts';
import { renderAccount } from './render-account.ts';
import type { Reply } from './reply.ts';
import { jsonReply } from './reply.ts';
import type { Urls } from './urls.ts';
import { idOfSegment } from './urls.ts';
import type { AccountPost } from './verified-post.ts';

/** RFC 8555 section 7.3.2: whatever else an update names is ignored, `status` unless it is "deactivated" included. */
const payloadSchema = z.object({
  contact: z.array(z.string()).optional(),
  status: z.string().optional(),
});

/** RFC 8555 sections 7.3.2 and 7.3.6: reads, updates or deactivates the account that signs. */
export async function postAccount(
  registration: Pick<Registration, 'updateContacts' | 'deactivateAccount'>,
  post: AccountPost,
  segment: string | undefined,
  urls: Urls,
): Promise<Reply> {
  if (idOfSegment('acct', segment) !== post.account.id) {
    throw new AcmeError(
      'unauthorized',
      'This is not the URL of the account that signed the request. An account can see and change itself only.',
    );
  }
  const account = await change(registration, post);
  return jsonReply(200, renderAccount(account), { Location: urls.account(account.id) });
}

async function change(
  registration: Pick<Registration, 'updateContacts' | 'deactivateAccount'>,
  post: AccountPost,
): Promise<Account> {
  if (isPostAsGet(post)) return post.account;
  const { contact, status } = parsePayload(post, payloadSchema);
  if (status === 'deactivated') return registration.deactivateAccount(post.account);
  return contact === undefined ? post.account : registration.updateContacts(post.account, contact);
}
