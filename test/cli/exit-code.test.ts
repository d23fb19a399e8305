import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/application/configuration-error.ts';
import { BusyPortError } from '../../src/application/listen-by-settings.ts';
import { exitCodeOf, messageOf } from '../../src/cli/exit-code.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { RefusedError } from '../../src/client/client-error.ts';
import { ResponderPortInUseError } from '../../src/client/http01-responder.ts';
import { AuthorityFileError } from '../../src/issuance/authority.ts';
import { FolderInUseError } from '../../src/runtime/folder-lock.ts';
import { PortInUseError } from '../../src/runtime/listen-errors.ts';
import { StoreOpenError } from '../../src/store/store-errors.ts';

const BUSY = new PortInUseError('::', 14000);

test.each([
  ['bad usage', new UsageError('x'), 2],
  ['bad configuration', new ConfigurationError(['x']), 2],
  ['keys that cannot be used', new AuthorityFileError('x'), 2],
  ['a busy port', new BusyPortError([{ setting: 'acme.port', cause: BUSY }]), 3],
  ["the responder's busy port", new ResponderPortInUseError(BUSY), 3],
  ['a data folder in use', new FolderInUseError('/data', 1), 3],
  ['a database that cannot be opened', new StoreOpenError('x'), 1],
  ['a refusal of the server', new RefusedError({}, 400, 'https://localhost'), 1],
])('%s is told by its message alone', (_kind, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
  expect(messageOf(error)).toBe(error.message);
});

test('a refusal of the operating system is told by its message alone', () => {
  const error = errorOf(() => readFileSync('/there/is/no/such/file'));
  expect(exitCodeOf(error)).toBe(1);
  expect(messageOf(error)).toBe("ENOENT: no such file or directory, open '/there/is/no/such/file'");
});

test.each([new Error('x'), new TypeError('x'), new RangeError('x')])(
  '%s is a bug, with its stack and its cause',
  (bug) => {
    bug.cause = new Error('deeper');
    expect(exitCodeOf(bug)).toBe(1);
    expect(messageOf(bug)).toMatch(
      /^this is a bug in Touchstone.*\n.*Error: x\n\s+at [\s\S]*caused by [\s\S]*Error: deeper\n\s+at /,
    );
  },
);

test('a thrown value that is no error is said to be one', () => {
  expect(messageOf('oops')).toContain('oops');
  expect(exitCodeOf(undefined)).toBe(1);
});

function errorOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
