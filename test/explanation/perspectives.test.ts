import { describe, expect, test } from 'vitest';
import { renderBoulderRecord } from '../../src/explanation/boulder-record.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import { tellStory } from '../../src/explanation/story.ts';
import { allowedToDiffer } from '../../src/policy/quorum.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';
import type {
  PerspectiveRecord,
  ValidationRecord,
  ValidationStep,
} from '../../src/protocol/validation-record.ts';

const URL = 'http://www.example.test/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';

/** What a validation does over one address of the name, up to the answer. */
function stepsTo(address: string, server: string, status: number): readonly ValidationStep[] {
  const lookup = { step: 'lookup', name: 'www.example.test', source: { kind: 'server', server } } as const;
  const rest = { cnames: [], tries: 1, durationMs: 1 } as const;
  return [
    {
      ...lookup,
      type: 'A',
      outcome: 'answered',
      rcode: 'NOERROR',
      values: [address],
      ttlSeconds: 60,
      ...rest,
    },
    { ...lookup, type: 'AAAA', outcome: 'empty', rcode: 'NOERROR', values: [], ...rest },
    {
      step: 'plan',
      url: URL,
      hostname: 'www.example.test',
      port: 80,
      addressesResolved: [address],
      filtered: [],
      first: { address, family: 'ipv4' },
      rules: [],
    },
    {
      step: 'attempt',
      url: URL,
      hostname: 'www.example.test',
      address,
      family: 'ipv4',
      port: 80,
      outcome: 'connected',
      durationMs: 1,
    },
    {
      step: 'response',
      url: URL,
      address,
      hostHeader: 'www.example.test',
      status,
      headers: {},
      bodyBytes: 87,
      durationMs: 2,
    },
  ];
}

const PASSED: ValidationStep = {
  step: 'compare',
  where: URL,
  expected: 'token.thumbprint',
  received: ['token.thumbprint'],
  matched: true,
};

const agrees = (perspective: string): PerspectiveRecord => ({
  perspective,
  durationMs: 12,
  steps: [...stepsTo('192.0.2.1', '192.0.2.53:53', 200), PASSED],
});

const hijacked = (perspective: string): PerspectiveRecord => ({
  perspective,
  localAddresses: ['198.51.100.7', '2001:db8:7::1'],
  durationMs: 14,
  steps: stepsTo('203.0.113.66', '203.0.113.53:53', 404),
  failure: { class: 'status', url: URL, address: '203.0.113.66', status: 404 },
});

function recordWith(...remotes: readonly PerspectiveRecord[]): ValidationRecord {
  const disagreeing = remotes.flatMap(({ perspective, failure }) =>
    failure === undefined ? [] : [{ perspective, failure }],
  );
  const allowed = allowedToDiffer(remotes.length);
  const failed = disagreeing.length;
  const failure: ValidationFailure = {
    class: 'perspectives',
    remotes: remotes.length,
    allowed,
    primaryAddresses: ['192.0.2.1'],
    disagreeing,
  };
  return {
    identifier: { type: 'dns', value: 'www.example.test' },
    challengeType: 'http-01',
    addressPolicy: 'documented',
    startedAt: 0,
    durationMs: 40,
    steps: agrees('primary').steps,
    corroboration: { remotes, failed, allowed },
    ...(failed > allowed ? { failure } : {}),
  };
}

const linesAbout = (record: ValidationRecord): readonly string[] => {
  const lines = tellStory(record).map(({ text }) => text);
  return lines.slice(lines.findIndex((line) => line.includes('corroborated')));
};

test('the problem does the arithmetic, and goes on with the words of the first that disagrees', () => {
  const { failure } = recordWith(agrees('north'), hijacked('south'), hijacked('east'));
  expect(failure && explainFailure(failure)).toEqual({
    code: 'unauthorized',
    detail: `During secondary validation: 2 of 3 remote perspectives (south, east) did not corroborate, and at most 1 may. From south: 203.0.113.66: Invalid response from ${URL}: 404. south was led to 203.0.113.66, the primary to 192.0.2.1. If 203.0.113.66 is not yours, correct the DNS or route that south sees; else make it answer alike.`,
  });
});

test('of another answer from the same address it is not said that a web server lacks the file', () => {
  const failure = { class: 'status', url: URL, address: '192.0.2.1', status: 403 } as const;
  const record = recordWith({ ...hijacked('south'), failure });
  expect(record.failure && explainFailure(record.failure).detail).toContain(
    '403. At the same address the primary perspective found the proof: make 192.0.2.1 answer everybody alike, or correct the route by which south comes there.',
  );
});

test('of a single one that disagrees, none may', () => {
  const { failure } = recordWith(hijacked('north'));
  expect(failure && explainFailure(failure).detail).toContain(
    'During secondary validation: 1 of 1 remote perspective (north) did not corroborate, and none may. From north:',
  );
});

test('the story has a line for each that corroborates', () => {
  expect(linesAbout(recordWith(agrees('north'), agrees('south')))).toEqual([
    '2 of 2 remote perspectives corroborated.',
    '  north: the same at 192.0.2.1:80, in 12 ms.',
    '  south: the same at 192.0.2.1:80, in 12 ms.',
    'Passed in 40 ms.',
  ]);
});

test('of one that disagrees it tells where its steps part from the primary ones', () => {
  expect(linesAbout(recordWith(agrees('north'), hijacked('south'), agrees('east')))).toEqual([
    '2 of 3 remote perspectives corroborated, 1 did not, and at most 1 may.',
    '  north: the same at 192.0.2.1:80, in 12 ms.',
    '  south (from 198.51.100.7, 2001:db8:7::1): unauthorized: status 404 from 203.0.113.66.',
    expect.stringMatching(
      /^ {4}Looked up A of www\.example\.test at 203\.0\.113\.53:53: 203\.0\.113\.66 \(TTL 60 s; \d+ ms\)\.$/,
    ),
    '    Dialled 203.0.113.66:80 over IPv4: connected after 1 ms.',
    expect.stringMatching(/^ {4}Asked for http:\/\/www\.example\.test\/\.well-known.*\.\.\./),
    '  east: the same at 192.0.2.1:80, in 12 ms.',
    'Passed in 40 ms.',
  ]);
});

describe('a story of three remote perspectives fits on a screen', () => {
  const name = 'a-name-of-thirty-two-characters-';
  test.each([
    ['all corroborate', [agrees('north'), agrees('south'), agrees('east')]],
    ['one differs', [agrees('north'), hijacked('south'), agrees('east')]],
    ['two differ', [agrees('north'), hijacked('south'), hijacked('east')]],
    ['all differ', [hijacked(name), hijacked(name), hijacked(name)]],
  ])('when %s', (_, remotes) => {
    const lines = linesAbout(recordWith(...remotes)).filter(
      (line) => !/^(Passed|Failed|docs)| was led to /.test(line),
    );
    // Beside these: the primary's steps, the titles, the verdict and what to change.
    expect(lines.length).toBeLessThanOrEqual(8);
    // Indented by four.
    expect(lines.filter((line) => line.length > 96)).toEqual([]);
  });
});

test('content that differs is shown as it came', () => {
  const north: PerspectiveRecord = {
    perspective: 'north',
    durationMs: 3,
    steps: [
      ...agrees('north').steps.slice(0, -1),
      { ...PASSED, received: ['token.another'], matched: false } as const,
    ],
    failure: {
      class: 'wrong-content',
      url: URL,
      address: '192.0.2.1',
      expected: 'token.thumbprint',
      received: 'token.another',
    },
  };
  expect(linesAbout(recordWith(north)).slice(0, 3)).toEqual([
    '0 of 1 remote perspective corroborated, 1 did not, and none may.',
    '  north: unauthorized: not the expected text from 192.0.2.1.',
    '    Got "token.another".',
  ]);
});

test("the challenge object's validationRecord is the primary perspective's alone", () => {
  const record = recordWith(hijacked('north'), hijacked('south'));
  const { corroboration: _corroboration, failure: _failure, ...alone } = record;
  expect(renderBoulderRecord(record)).toEqual(renderBoulderRecord(alone));
  expect(renderBoulderRecord(record)).toMatchObject([{ addressUsed: '192.0.2.1' }]);
});

test.each(['caa', 'caa-lookup', 'perspectives', 'wrong-txt'])(
  'of dns-01 it says that the proof was found, unless that is what failed: %s',
  (failureClass) => {
    const failure = { class: failureClass } as ValidationFailure;
    const record = { ...recordWith(agrees('north')), challengeType: 'dns-01', failure } as const;
    const entry = { hostname: 'www.example.test', addressUsed: '' };
    expect(renderBoulderRecord(record)).toEqual(failureClass === 'wrong-txt' ? [] : [entry]);
  },
);
