import { CAA_CASES } from './caa.ts';
import { CONNECT_CASES } from './connect.ts';
import { CONNECTION_CASES } from './connections.ts';
import { CONTENT_CASES } from './content.ts';
import { DNS_CASES } from './dns.ts';
import type { FailureCase } from './failure-case.ts';
import { HTTP_CASES } from './http.ts';
import { OWN_CASES } from './own.ts';
import { OWN_HOST_CASES } from './own-host.ts';
import { PERSPECTIVE_CASES } from './perspectives.ts';
import { REDIRECT_CASES } from './redirects.ts';
import { TLS_CASES } from './tls.ts';
import { TLS_ALPN_CASES } from './tls-alpn.ts';
import { TXT_CASES } from './txt.ts';

/** The whole table, by topic. */
export const FAILURE_CASES: readonly FailureCase[] = [
  ...DNS_CASES,
  ...CONNECT_CASES,
  ...CONNECTION_CASES,
  ...HTTP_CASES,
  ...CONTENT_CASES,
  ...REDIRECT_CASES,
  ...TLS_CASES,
  ...TLS_ALPN_CASES,
  ...TXT_CASES,
  ...CAA_CASES,
  ...PERSPECTIVE_CASES,
  ...OWN_CASES,
  ...OWN_HOST_CASES,
];
