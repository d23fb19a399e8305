import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** One rule broken in a copy of the sources: each must make a test of the address rules fail. */
interface Flip {
  readonly breaks: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Part of the name of a test that must fail. */
  readonly caughtBy: string;
}

const FLIPS: readonly Flip[] = [
  {
    breaks: 'retry on a refused connection',
    file: 'src/policy/retry.ts',
    from: "if (failure.kind !== 'timeout') {",
    to: "if (failure.kind !== 'timeout' && failure.kind !== 'refused') {",
    caughtBy: 'no-retry-on-other-errors / documented',
  },
  {
    breaks: 'retry on a redirect target',
    file: 'src/policy/retry.ts',
    from: "if (situation.hop === 0) return 'retry-ipv4-on-connect-timeout';",
    to: "if (situation.hop >= 0) return 'retry-ipv4-on-connect-timeout';",
    caughtBy: 'redirect-no-retry / documented',
  },
  {
    breaks: 'no retry at all',
    file: 'src/policy/retry.ts',
    from: '      return retryTimeout(situation);',
    to: "      return { retry: false, rule, reason: 'flipped' };",
    caughtBy: 'retry-ipv4-on-connect-timeout / documented',
  },
  {
    breaks: 'prefer IPv4',
    file: 'src/policy/address-family.ts',
    from: 'const plan = { first: ipv6, otherFamily: ipv4, rules };',
    to: 'const plan = { first: ipv4, otherFamily: ipv6, rules };',
    caughtBy: 'prefer-ipv6 / documented',
  },
  {
    breaks: 'prefer IPv4 after a redirect',
    file: 'src/policy/address-family.ts',
    from: 'const plan = { first: ipv6, otherFamily: ipv4, rules };',
    to: 'const plan = { first: request.hop === 0 ? ipv6 : ipv4, otherFamily: ipv4, rules };',
    caughtBy: 'redirect-prefers-ipv6 / documented',
  },
  {
    breaks: 'two retries, and more',
    file: 'src/policy/retry.ts',
    from: "return failed.family === 'ipv6' ? plan.otherFamily : undefined;",
    to: 'return failed === undefined ? undefined : plan.otherFamily;',
    caughtBy: 'the retry itself is not retried',
  },
  {
    breaks: 'two retries under boulder',
    file: 'src/policy/retry.ts',
    from: 'const address = situation.originalRetried ? undefined : situation.original.spare;',
    to: 'const address = situation.original.spare;',
    caughtBy: 'boulder',
  },
  {
    breaks: 'race the families',
    file: 'src/validation/http-attempt.ts',
    from: '  const result = await dialInTurn(',
    to: `  const raced = request.plan.otherFamily;
  if (raced !== undefined) void dialInTurn(context, target, raced, async (socket) => socket.destroy());
  const result = await dialInTurn(`,
    caughtBy: 'prefer-ipv6 / documented',
  },
  {
    breaks: 'the address in Host',
    file: 'src/validation/http-exchange.ts',
    from: 'Host: hostHeader(target),',
    to: 'Host: hostHeader({ ...target, hostname: String(socket.remoteAddress) }),',
    caughtBy: 'with host and port',
  },
  {
    breaks: 'retry of what is not http-01',
    file: 'src/policy/retry.ts',
    from: "if (situation.challengeType !== 'http-01') return 'http-01-only';",
    to: '',
    caughtBy: 'http-01-only / documented',
  },
  {
    breaks: 'retry of a wrong certificate under boulder',
    file: 'src/policy/retry.ts',
    from: "!(isAlpn && failure.phase === 'tls')",
    to: '!isAlpn',
    caughtBy: 'a wrong protocol or certificate in tls-alpn-01 is final',
  },
  {
    breaks: 'no retry of a failed handshake under boulder',
    file: 'src/policy/retry.ts',
    from: "if (failure.phase !== 'dial' && !(isAlpn && failure.phase === 'tls')) {",
    to: "if (failure.phase !== 'dial') {",
    caughtBy: 'S14',
  },
  {
    breaks: 'the last of several IPv6 addresses',
    file: 'src/policy/address-family.ts',
    from: 'planned(resolved.ipv6[0],',
    to: 'planned(resolved.ipv6.at(-1),',
    caughtBy: '',
  },
];

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'touchstone-flips-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

test('the tests of the address rules pass as the code is', () => {
  expect(failedTests()).toEqual([]);
});

test.each(FLIPS)('a test fails when the code is flipped to: $breaks', ({ file, from, to, caughtBy }) => {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  expect(original.split(from)).toHaveLength(2);
  writeFileSync(
    path,
    original.replace(from, () => to),
  );
  try {
    const failed = failedTests();
    expect(failed).not.toEqual([]);
    expect(
      failed.filter((name) => name.includes(caughtBy)),
      failed.join('\n'),
    ).not.toEqual([]);
  } finally {
    writeFileSync(path, original);
  }
});

/** Runs the tests of the address rules in the copy; answers the names of those that failed. */
function failedTests(): readonly string[] {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--project', 'default', '--testTimeout', '5000'],
      ...['test/policy/address-family.test.ts', 'test/validation/address-rules.test.ts'],
      ...['test/validation/http-exchange.test.ts', 'test/validation/tls-alpn-address-rules.test.ts'],
      ...['--reporter=json', `--outputFile=${report}`],
    ],
    { cwd: copy, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly testResults: readonly {
      readonly status: string;
      readonly name: string;
      readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
    }[];
  };
  return testResults.flatMap(({ status, name, assertionResults }) => {
    const failed = assertionResults
      .filter((result) => result.status === 'failed')
      .map((result) => result.fullName);
    // A file that does not load proves nothing about a rule.
    if (status === 'failed' && failed.length === 0) throw new Error(`${name} did not run`);
    return failed;
  });
}
