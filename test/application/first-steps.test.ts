import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { ServerFacts } from '../../src/application/first-steps.ts';
import { firstSteps } from '../../src/application/first-steps.ts';
import { frontPage } from '../../src/application/front-page.ts';
import { renderGuide } from '../../src/cli/guide.ts';

const FACTS: ServerFacts = {
  directory: {
    ipv4: 'https://127.0.0.1:14000/dir',
    ipv6: 'https://[::1]:14000/dir',
    localhost: 'https://localhost:14000/dir',
  },
  apiCa: '/data/api-ca.pem',
  rootCa: '/data/root-ca.pem',
  dataFolder: '/data',
  program: '/opt/touchstone.js',
  httpPort: 5002,
  page: 'https://localhost:14000/',
  publication: 'http://localhost:14090/issuer/0a.der',
  loopbackAddresses: '127.0.0.1,::1',
  localNamesRefusedBy: undefined,
};

const AWKWARD: ServerFacts = {
  ...FACTS,
  apiCa: "/it's a <b>folder</b> & more/$HOME/api-ca.pem",
  dataFolder: "/it's a <b>folder</b> & more/$HOME",
};

const PLAIN: ServerFacts = { ...FACTS, apiCa: undefined };

function commandsOf(facts: ServerFacts): readonly string[] {
  return firstSteps(facts).map(({ command }) => command);
}

/** The words that a POSIX shell makes of a command, in which the programs are replaced by one that prints its arguments. */
function wordsOf(command: string): readonly string[] {
  const printing = command.replace(
    /(^|\s)(\/opt\/touchstone\.js|certbot(?= certonly)|curl)(?= )/,
    `$1printf '%s\\n'`,
  );
  return execFileSync('/bin/sh', ['-c', printing], { encoding: 'utf8' }).trimEnd().split('\n');
}

test('are our client, certbot, curl and explain, by absolute paths', () => {
  const [issue, certbot, curl, explain] = commandsOf(FACTS);
  expect(issue).toBe('/opt/touchstone.js issue first.localhost --data /data --out /data/certificates');
  expect(certbot).toMatch(/^REQUESTS_CA_BUNDLE=\/data\/api-ca\.pem NO_PROXY=localhost certbot certonly /);
  expect(certbot).toContain('--http-01-port 5002');
  expect(certbot).toMatch(/-d first\.localhost$/);
  expect(curl).toContain('--cacert /data/api-ca.pem');
  expect(explain).toBe('/opt/touchstone.js explain first.localhost --data /data');
});

test.skipIf(process.platform === 'win32')('survive a shell whatever the data folder is called', () => {
  const [issue, certbot, curl, explain] = commandsOf(AWKWARD).map(wordsOf);
  expect(issue).toEqual([
    ...['issue', 'first.localhost', '--data', AWKWARD.dataFolder],
    ...['--out', `${AWKWARD.dataFolder}/certificates`],
  ]);
  expect(explain).toEqual(['explain', 'first.localhost', '--data', AWKWARD.dataFolder]);
  expect(curl).toEqual(expect.arrayContaining(['--cacert', AWKWARD.apiCa, 'https://localhost:14000/dir']));
  for (const name of ['config', 'work', 'logs'])
    expect(certbot).toContain(`${AWKWARD.dataFolder}/certbot/${name}`);
});

test('need no trust anchor over plain HTTP, or with a certificate of the operator', () => {
  const [, certbot, curl] = commandsOf(PLAIN);
  expect(certbot).toMatch(/^certbot /);
  expect(curl).not.toContain('--cacert');
});

test('are the same on the page and in the guide', () => {
  const guide = renderGuide(FACTS, { color: false });
  for (const command of commandsOf(FACTS)) {
    expect(guide).toContain(`\n${command}\n`);
    expect(frontPage(FACTS)).toContain(`<code>${command}</code>`);
  }
});

test('the guide and the page say where everything is', () => {
  const { directory, apiCa = '', rootCa, dataFolder, publication } = FACTS;
  for (const place of [...Object.values(directory), apiCa, rootCa, dataFolder, publication]) {
    expect(renderGuide(FACTS, { color: false })).toContain(` ${place}\n`);
    expect(frontPage(FACTS)).toContain(`<code>${place}</code>`);
  }
});

test('what there is not is left out', () => {
  const facts = { ...PLAIN, directory: { ...FACTS.directory, ipv6: undefined } };
  for (const text of [renderGuide(facts, { color: false }), frontPage(facts)]) {
    expect(text).not.toContain('undefined');
    expect(text).not.toMatch(/IPv6/);
    expect(text).not.toMatch(/[Tt]rust anchor/);
  }
});

test('the guide and the page say how to keep a server on this machine that listens everywhere', () => {
  for (const render of [(facts: ServerFacts) => renderGuide(facts, { color: false }), frontPage]) {
    expect(render(FACTS)).toContain('listens on all interfaces');
    expect(render(FACTS)).toContain('--set acme.addresses=127.0.0.1,::1');
    expect(render({ ...FACTS, loopbackAddresses: undefined })).not.toContain('interfaces');
  }
  expect(renderGuide(FACTS, { color: false })).toContain(' https://localhost:14000/\n');
});

test('where the settings refuse local names, a note names the setting in place of commands that would fail', () => {
  const facts = { ...FACTS, localNamesRefusedBy: 'policy.requirePublicSuffix=true' };
  expect(commandsOf(facts)).toEqual([expect.stringMatching(/^curl /)]);
  for (const text of [renderGuide(facts, { color: false }), frontPage(facts)])
    expect(text).toContain('policy.requirePublicSuffix=true refuses first.localhost');
});

test('the guide has colours on a terminal alone', () => {
  expect(renderGuide(FACTS, { color: false })).not.toContain('\x1b');
  expect(renderGuide(FACTS, { color: true })).toContain('\x1b[1mTouchstone is ready.\x1b[0m');
});

test('the page escapes what it shows, and asks for nothing from elsewhere', () => {
  const page = frontPage(AWKWARD);
  expect(page).not.toContain('<b>');
  expect(page).not.toContain("it's");
  expect(page).not.toMatch(/(?:src|href)="https?:\/\/(?!localhost|127\.0\.0\.1|\[::1\])/);
  expect(page).not.toContain('<script');
});
