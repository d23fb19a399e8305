import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findIssueTarget } from '../../src/cli/issue-target.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { lockFolder } from '../../src/runtime/folder-lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

test("asks the data folder's server, as its lock tells", () => {
  const data = temporaryFolder();
  writeFileSync(join(data, 'api-ca.pem'), PEM);
  lockFolder(data).publish({ directory: { localhost: 'https://localhost:14000/dir' }, httpPort: 5555 });
  expect(findIssueTarget({ data })).toEqual({
    directoryUrl: 'https://localhost:14000/dir',
    apiCa: PEM,
    httpPort: 5555,
    accountKeyFile: join(data, 'client', 'account.key'),
    dataFolder: data,
  });
});

test('needs no trust anchor for a server on plain HTTP', () => {
  const data = temporaryFolder();
  lockFolder(data).publish({ directory: { localhost: 'http://localhost:14000/dir' } });
  expect(findIssueTarget({ data })).toMatchObject({ apiCa: undefined, httpPort: 5002 });
});

test('takes a port of its own, and another server with a key that is used once', () => {
  expect(findIssueTarget({ server: 'https://ca.example/dir', httpPort: '80' })).toEqual({
    directoryUrl: 'https://ca.example/dir',
    apiCa: undefined,
    httpPort: 80,
    accountKeyFile: undefined,
    dataFolder: undefined,
  });
});

test('says how to start a server when none runs, and to wait for one that does not listen yet', () => {
  const data = temporaryFolder();
  expect(() => findIssueTarget({ data })).toThrow(
    /no server runs on the data folder .*touchstone\.js serve --data /,
  );
  lockFolder(data);
  expect(() => findIssueTarget({ data })).toThrow('does not listen yet');
});

test.each([
  [{ server: 'ca.example' }, '--server ca.example'],
  [{ server: 'https://ca.example/dir', httpPort: '0' }, '--http-port 0'],
  [{ server: 'https://ca.example/dir', httpPort: '70000' }, '--http-port 70000'],
  [{ server: 'https://ca.example/dir', httpPort: '80x' }, '--http-port 80x'],
  [{ server: 'https://ca.example/dir', apiCa: '/nowhere/ca.pem' }, '/nowhere/ca.pem'],
])('%j is refused, naming what is wrong', (options, words) => {
  expect(() => findIssueTarget(options)).toThrow(words);
  expect(() => findIssueTarget(options)).toThrow(UsageError);
});
