import type { DialFailureKind } from '../protocol/dial.ts';
import { isOwnHostFault, lacksLocalAddress } from '../protocol/failure-class.ts';
import type {
  ExchangeFailure,
  ExchangeFailureKind,
  ValidationFailure,
} from '../protocol/validation-failure.ts';
import { endpoint } from './address-origin.ts';
import { certificateVerdict } from './certificate-words.ts';
import { disagreementWords } from './perspectives-words.ts';
import { redirectWords } from './redirect-words.ts';
import { duration, excerpt, quoted } from './wording.ts';

/** The failure in a few words, for the end of a story whose steps have told the cause and the rule. */
export function verdictWords(failure: ValidationFailure): string {
  const words = failureVerdict(failure);
  const isUncontacted = 'unableToContact' in failure && failure.unableToContact !== undefined;
  return isUncontacted ? `${words}, which Boulder's code calls malformed for want of an IPv4 address` : words;
}

function failureVerdict(failure: ValidationFailure): string {
  switch (failure.class) {
    case 'lookup':
      if (isOwnHostFault(failure)) return LACKS_ADDRESS;
      return `no usable answer about ${failure.hostname}`;
    case 'no-address':
      return `no usable address of ${failure.hostname}`;
    case 'connect':
      if (lacksLocalAddress(failure)) return LACKS_ADDRESS;
      return `${DIAL_VERDICTS[failure.kind]} at ${endpoint(failure.address, failure.port)}`;
    case 'exchange':
      return exchangeVerdict(failure);
    case 'tls':
      return `no TLS connection with ${failure.address}`;
    case 'redirect':
      return `redirect from ${failure.address} not followed: ${redirectWords(failure)}`;
    case 'status':
      return `status ${failure.status} from ${failure.address}`;
    case 'body-too-long':
      return `more than ${failure.limitBytes} bytes from ${failure.address}, beginning ${quoted(excerpt(failure.start))}`;
    case 'wrong-content':
      return `not the expected text from ${failure.address}`;
    case 'no-txt':
      return `no TXT record at ${failure.name}`;
    case 'wrong-txt':
      return `no TXT record with the expected value at ${failure.name}`;
    case 'persist':
      return `no TXT record at ${failure.name} gives leave`;
    case 'alpn':
      return `no "acme-tls/1" at ${endpoint(failure.address, failure.port)}`;
    case 'certificate':
      return certificateVerdict(failure);
    case 'caa':
      return `CAA at ${failure.foundAt} forbids issuance`;
    case 'caa-lookup':
      return `no usable answer about CAA of ${failure.lookup.name}`;
    case 'perspectives':
      return disagreementWords(failure);
    case 'overall-timeout': {
      const where = failure.at === undefined ? '' : `, while waiting for ${failure.at.address}`;
      return `the whole validation did not end within ${duration(failure.budgetMs)}${where}`;
    }
    case 'internal':
      return failure.detail;
  }
}

const LACKS_ADDRESS = 'this host does not have the address to dial from';

const DIAL_VERDICTS: Readonly<Record<DialFailureKind, string>> = {
  timeout: 'connecting timed out',
  refused: 'refused',
  'host-unreachable': 'host unreachable',
  'network-unreachable': 'network unreachable',
  reset: 'reset while connecting',
  other: 'failed',
};

const EXCHANGE_VERDICTS: Readonly<Record<ExchangeFailureKind, string>> = {
  silent: 'no answer',
  slow: 'no complete answer in time',
  reset: 'reset',
  closed: 'closed too early',
  'not-http': 'no proper HTTP/1 response',
  http2: 'HTTP/2 instead of HTTP/1.1',
  'headers-too-long': 'too long headers',
};

function exchangeVerdict({ kind, address }: ExchangeFailure): string {
  const joined = kind === 'reset' || kind === 'closed' ? 'by' : 'from';
  return `${EXCHANGE_VERDICTS[kind]} ${joined} ${address}`;
}
