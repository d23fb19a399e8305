import { tellStory } from '../explanation/story.ts';
import type { Authorization } from '../protocol/authorization.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import type { Challenge } from '../protocol/challenge.ts';
import { formatId } from '../protocol/ids.ts';
import type { RevocationReason } from '../protocol/revocation-reason.ts';
import { REVOCATION_REASONS } from '../protocol/revocation-reason.ts';
import type { OrderWithAuthorizations } from '../store/store.ts';
import type { Explained, ExplainedCertificate } from './explain-target.ts';
import { explainedStatus } from './explain-target.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';
import { renderStoryLine } from './story-text.ts';

/** The story of what was found, for a person, with the statuses of `now` (milliseconds since 1970). */
export function renderExplained(
  { order, authorizations, certificate }: Explained,
  now: number,
  output: Output,
): string {
  const parts = [
    ...(order === undefined ? [] : [renderOrder(order, certificate, now, output)]),
    ...authorizations.map((authorization) => renderAuthorization(authorization, now, output)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function renderOrder(
  found: OrderWithAuthorizations,
  certificate: ExplainedCertificate | undefined,
  now: number,
  output: Output,
): string {
  const { order } = found;
  const names = order.identifiers.map((identifier) => identifier.value).join(', ');
  const title = `${formatId('order', order.id)} for ${names}: ${explainedStatus(found, now)}${certificateWords(certificate)}`;
  const problem = order.problem === undefined ? [] : [styled(output, 'red', `  ${order.problem.detail}`)];
  return [styled(output, 'bold', title), ...problem].join('\n');
}

function certificateWords(certificate: ExplainedCertificate | undefined): string {
  if (certificate === undefined) return '';
  const { id, revocation } = certificate;
  const words = `, certificate ${formatId('cert', id)}`;
  if (revocation === undefined) return words;
  const at = new Date(revocation.at).toISOString();
  return `${words}, revoked at ${at} (${revocationReasonName(revocation.reason)}, code ${revocation.reason})`;
}

/** The reason as RFC 5280 section 5.3.1 names it. */
function revocationReasonName(reason: RevocationReason): string {
  const names = Object.entries(REVOCATION_REASONS);
  return names.find(([, code]) => code === reason)?.[0] ?? 'unknown reason';
}

function renderAuthorization(authorization: Authorization, now: number, output: Output): string {
  const { identifier, wildcard } = authorization;
  const name = `${wildcard ? '*.' : ''}${identifier.value}`;
  const title = `${formatId('authz', authorization.id)} for ${name}: ${authorizationStatus(authorization, now)}`;
  const tried = authorization.challenges.filter((challenge) => challenge.status !== 'pending');
  const stories = tried.map((challenge) => renderChallenge(challenge, output));
  if (stories.length === 0)
    stories.push('  No challenge was tried yet: the client has not said that its response is in place.');
  return [styled(output, 'bold', title), ...stories].join('\n');
}

/** What is told of a challenge stands below its authorization. */
const INDENT = 2;

function renderChallenge(challenge: Challenge, output: Output): string {
  const title = `${formatId('chal', challenge.id)}: ${challenge.status}`;
  if (challenge.record === undefined)
    return `  ${title}\n  Its validation is under way; ask again in a moment.`;
  return tellStory(challenge.record)
    .map((line) => (line.role === 'heading' ? { ...line, text: `${title}: ${line.text}` } : line))
    .map((line) => renderStoryLine(line, output, INDENT))
    .join('\n');
}
