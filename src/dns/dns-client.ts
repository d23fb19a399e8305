import { followCnames } from './cname-chain.ts';
import type { DnsQuestion, DnsResponse } from './dns-message.ts';
import { extendedErrorWords } from './extended-errors.ts';
import { isLookupName } from './host-name.ts';
import type { Answer, AnswerOutcome, RecordType } from './resolver.ts';
import type { ServerAddress } from './server-address.ts';
import { formatServerAddress } from './server-address.ts';
import type { Asked, Course, DnsClientOptions, ServerTries } from './server-tries.ts';
import { createServerTries } from './server-tries.ts';

/** Milliseconds for a whole look-up, CNAMEs included, so that the slowest DNS leaves a validation time to connect. */
const TOTAL_BUDGET_MS = 8000;

/** Asks DNS servers. Never rejects: a failure is an answer, with its outcome. */
export interface DnsClient {
  /**
   * `name` is normalised (lower case, no final dot). The servers may differ from one look-up to the next. An abort of
   * the signal ends the look-up as a `timeout`.
   */
  lookup(
    servers: readonly ServerAddress[],
    name: string,
    type: RecordType,
    signal?: AbortSignal,
  ): Promise<Answer>;
  /** Closes the sockets; look-ups that are under way end. */
  close(): void;
}

/** What a look-up has come to, without the facts that every answer has. */
type Ending = Pick<
  Answer,
  'outcome' | 'rcode' | 'cnames' | 'values' | 'caa' | 'ttlSeconds' | 'detail' | 'brokenAlias'
> & {
  readonly server: string;
};

/** Makes a client; sockets open with the first query. */
export function createDnsClient(options: DnsClientOptions): DnsClient {
  const { timer } = options;
  const tries = createServerTries(options);
  // One for each look-up: AbortSignal.any would hang a listener for each on a signal that lives as long as the client.
  const underWay = new Set<AbortController>();
  let closed = false;

  return {
    async lookup([first, ...others], name, type, signal) {
      const startedAt = timer.now();
      if (first === undefined) return withoutServer(name, type);
      if (!isLookupName(name)) return impossibleName(name, type, first);
      const controller = new AbortController();
      const onAbort = () => controller.abort();
      if (closed || signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      underWay.add(controller);
      const course: Course = {
        servers: [first, ...others],
        deadline: startedAt + TOTAL_BUDGET_MS,
        signal: controller.signal,
        next: 0,
        tries: 0,
      };
      const { server, ...ending } = await follow(tries, course, { name, type });
      underWay.delete(controller);
      signal?.removeEventListener('abort', onAbort);
      return {
        name,
        type,
        source: { kind: 'server', server },
        tries: course.tries,
        durationMs: timer.now() - startedAt,
        ...ending,
      };
    },
    close() {
      closed = true;
      for (const controller of underWay) controller.abort();
      tries.close('the resolver is closed');
    },
  };
}

/** Asks, and asks on where an answer ends in a CNAME without the records of what it points to. */
async function follow(tries: ServerTries, course: Course, first: DnsQuestion): Promise<Ending> {
  let question = first;
  let path: readonly string[] = [];
  for (;;) {
    const asked = await tries.ask(course, question);
    const { result, server } = asked;
    if (result.kind !== 'response') {
      return { server, cnames: [...path, question.name].slice(1), values: [], ...failureOf(asked) };
    }
    const { rcode, records, extendedErrors } = result.response;
    const chain = followCnames(question, path, records);
    if (!chain.ok) {
      const { cnames, reason } = chain;
      const outcome = 'malformed-answer';
      return { server, rcode, cnames, values: [], outcome, detail: reason, brokenAlias: true };
    }
    const outcome = outcomeOf(result.response, chain.values);
    if (outcome !== 'empty' || !chain.moved) {
      const values = outcome === 'answered' ? chain.values : [];
      const ttl = chain.ttlSeconds === undefined ? {} : { ttlSeconds: chain.ttlSeconds };
      const caa = outcome === 'answered' && chain.caa !== undefined ? { caa: chain.caa } : {};
      const explained = outcome !== 'answered' && extendedErrors !== undefined;
      const detail = explained ? { detail: extendedErrorWords(extendedErrors) } : {};
      return { server, rcode, cnames: chain.cnames, values, ...caa, outcome, ...ttl, ...detail };
    }
    path = [first.name, ...chain.cnames].slice(0, -1);
    question = { name: chain.end, type: first.type };
  }
}

function outcomeOf(response: DnsResponse, values: readonly string[]): AnswerOutcome {
  switch (response.rcode) {
    case 'NOERROR':
      return values.length > 0 ? 'answered' : 'empty';
    case 'NXDOMAIN':
      return 'nxdomain';
    case 'SERVFAIL':
      return 'servfail';
    case 'REFUSED':
      return 'refused';
    default:
      return 'other-rcode';
  }
}

function failureOf({ result, failures }: Asked): Pick<Answer, 'outcome' | 'detail'> {
  if (result.kind === 'malformed') {
    return { outcome: 'malformed-answer', detail: `the answer is damaged: ${result.reason}` };
  }
  if (result.kind === 'aborted') {
    return { outcome: 'timeout', detail: 'the look-up was ended before an answer came' };
  }
  const outcome = result.kind === 'network-error' ? 'network-error' : 'timeout';
  const detail =
    failures.length > 0
      ? failures.join('; ')
      : `no answer within ${TOTAL_BUDGET_MS} ms for the whole look-up`;
  return { outcome, detail };
}

function withoutServer(name: string, type: RecordType): Answer {
  return {
    name,
    type,
    source: { kind: 'server', server: 'none' },
    outcome: 'no-server',
    cnames: [],
    values: [],
    tries: 0,
    durationMs: 0,
    detail: 'no DNS server is known: /etc/resolv.conf names none; set dns.servers',
  };
}

function impossibleName(name: string, type: RecordType, server: ServerAddress): Answer {
  return {
    name,
    type,
    source: { kind: 'server', server: formatServerAddress(server) },
    outcome: 'nxdomain',
    cnames: [],
    values: [],
    tries: 0,
    durationMs: 0,
    detail: 'no DNS question can hold this name (RFC 1035 section 2.3.4), so nobody was asked',
  };
}
