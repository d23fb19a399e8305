import { closeSync, openSync } from 'node:fs';
import type { FailureCase } from './failure-case.ts';
import { FINDS_V4, HOST, NO_RETRY, NO_RETRY_STEP, V4, V6 } from './failure-case.ts';

const QUICKLY = { connectTimeoutMs: 250 } as const;
const HINT =
  "This CA's own host did not let it connect (EMFILE): check its limits (open files, memory) and its firewall.";

/** Takes every file descriptor that this process may have; the returned function gives them back. */
function takeAllDescriptors(): () => void {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    return () => {
      for (const descriptor of taken) closeSync(descriptor);
    };
  }
}

/**
 * The CA's own process has no file descriptor left when it connects. Played in a process of their own that may have few, since
 * nothing else can be done in one without any.
 */
export const OWN_HOST_CASES: readonly FailureCase[] = [
  {
    what: 'the CA has no file descriptor left',
    is: 'own-host',
    code: 'serverInternal',
    detail: `${V4}: Fetching http://${HOST}:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Error getting validation data (EMFILE) (connect). ${HINT}`,
    steps: [...FINDS_V4, `dial ${V4}: other`],
    hosts: { [HOST]: [V4] },
    settings: QUICKLY,
    duringValidation: takeAllDescriptors,
  },
  {
    what: 'the CA has no file descriptor left to dial the first of two families',
    is: 'own-host',
    code: 'serverInternal',
    detail: `${V6}: Fetching http://${HOST}:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Error getting validation data (EMFILE) (connect). ${NO_RETRY} ${HINT}`,
    steps: [
      `A ${HOST} answered`,
      `AAAA ${HOST} answered`,
      `plan ${V6} of 2, ${V4} to spare [prefer-ipv6, retry-ipv4-on-connect-timeout]`,
      `dial ${V6}: other`,
      NO_RETRY_STEP,
    ],
    hosts: { [HOST]: [V4, V6] },
    settings: QUICKLY,
    duringValidation: takeAllDescriptors,
  },
  {
    what: 'the CA has no file descriptor left for tls-alpn-01',
    is: 'own-host',
    code: 'serverInternal',
    detail: `${V4}: Error getting validation data (EMFILE) (connect). ${HINT}`,
    steps: [`plan ${V4}`, `dial ${V4}: other`],
    question: { challengeType: 'tls-alpn-01', identifier: { type: 'ip', value: V4 } },
    settings: QUICKLY,
    duringValidation: takeAllDescriptors,
  },
];
