import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCertificate } from '../support/check-certificate.ts';
import type { Background, Newcomer } from './newcomer.ts';
import { becomeNewcomer, PORTS, requireFree } from './newcomer.ts';
import { guideBlocks, guideRow, lessonBlocks, readmeBlocks } from './sh-blocks.ts';

const SERVING = 'Ctrl-C stops it.';

/** A later start serves within this time. */
const SECOND_START_MS = 2000;

let newcomer: Newcomer;
let server: Background | undefined;
let guide = '';

beforeAll(async () => {
  newcomer = await becomeNewcomer();
});

afterAll(async () => {
  await server?.stop();
  newcomer?.leave();
});

describe('what `npm start` prints in a fresh clone', () => {
  test('comes after it has installed and built, by an ordinary user, from nothing', async () => {
    const started = performance.now();
    await start('npm start');
    console.log(`first npm start: ${Math.round(performance.now() - started)} ms, install and build included`);
    expect(guideBlocks(guide)).toHaveLength(4);
  });

  test('works as pasted into another folder, each block', async () => {
    for (const block of guideBlocks(guide)) {
      const said = await newcomer.paste(block, newcomer.elsewhere);
      expect(said.trim(), block).not.toBe('');
    }
    verify(join(guideRow(guide, 'Data folder'), 'certificates/first.localhost.pem'), 'first.localhost');
    expect(readdirSync(newcomer.elsewhere)).toEqual([]);
    verify(certbotsCertificate(), 'first.localhost');
  });

  test('works with the IPv6 URL in place of the name', async () => {
    const [localhost, ipv6] = [guideRow(guide, 'Directory'), guideRow(guide, '  IPv6')];
    expect(ipv6).toContain('[::1]');
    rmSync(join(guideRow(guide, 'Data folder'), 'certbot'), { recursive: true });
    const blocks = guideBlocks(guide).filter((block) => block.includes(localhost));
    expect(blocks.map((block) => /certbot|curl/.exec(block)?.[0])).toEqual(['certbot', 'curl']);
    for (const block of blocks) await newcomer.paste(block.replaceAll(localhost, ipv6), newcomer.elsewhere);
    verify(certbotsCertificate(), 'first.localhost');
  });

  test('ends with `kill` of npm, which leaves no process and no port behind', async () => {
    const before = server?.group() ?? [];
    expect(before.length).toBeGreaterThanOrEqual(2);
    await server?.stop();
    expect(server?.group()).toEqual([]);
    for (const port of PORTS) await requireFree(port);
  });

  test(`comes within ${SECOND_START_MS} ms at the second start, which builds nothing`, async () => {
    const built = () => statSync(join(newcomer.clone, 'dist/cli/touchstone.js')).mtimeMs;
    const before = built();
    const started = performance.now();
    await start('npm start');
    const took = Math.round(performance.now() - started);
    console.log(`second npm start: ${took} ms`);
    expect(server?.complaints()).not.toMatch(/Installing|Building/);
    expect(built()).toBe(before);
    expect(took).toBeLessThan(SECOND_START_MS);
  });
});

describe('the README', () => {
  beforeAll(async () => {
    await server?.stop();
    server = undefined;
    rmSync(join(newcomer.clone, 'touchstone-data'), { recursive: true, force: true });
  });

  test.each(readmeBlocks())('line $line: $command', async ({ command }) => {
    if (command === 'npm test\n') return expectToBeRunElsewhere();
    if (command.startsWith('npm start')) return start(command);
    const said = await newcomer.paste(command, newcomer.clone);
    if (command.includes('caddy run')) expect(said).toContain('Hello from Caddy');
    if (command.includes('acme-client')) writeFileSync(certificate('acme-client.pem'), said);
  });

  test.each([
    ['first.localhost', 'first.localhost.pem'],
    ['certbot.localhost', 'certbot/config/live/certbot.localhost/fullchain.pem'],
    ['lego.localhost', 'lego/certificates/lego.localhost.crt'],
    ['acme-client.localhost', 'acme-client.pem'],
    [
      'caddy.example.test',
      'caddy/certificates/localhost-14000-dir/caddy.example.test/caddy.example.test.crt',
    ],
  ])('leads to a certificate for %s', (name, file) => {
    verify(certificate(file), name);
  });
});

describe('docs/lessons.md', () => {
  let dnsServer: Background | undefined;

  afterAll(async () => {
    await dnsServer?.stop();
  });

  test.each([
    'Before the lessons',
    'dns-01 and a wildcard',
    'tls-alpn-01',
    'CAA: the record that forbids, and the one that allows',
    'A hijacked perspective',
  ])('%s', async (heading) => {
    let said = '';
    for (const { command } of lessonBlocks(heading)) {
      if (command.startsWith('npm start')) await start(command);
      else if (/^node \S*dns-server\.mjs \S+ \d+$/m.test(command)) {
        dnsServer = newcomer.start(command);
        await dnsServer.says('Answering at ::1');
      } else said += await newcomer.paste(command, newcomer.clone);
    }
    if (heading.startsWith('CAA')) expect(said).toContain('this CA may not issue');
    if (heading.includes('hijacked')) expect(said).toContain('0 of 3 remote perspectives corroborated');
  });

  test.each([
    ['*.zone.lab.test', 'certbot/config/live/zone.lab.test/fullchain.pem', 'zone.lab.test'],
    ...['tls', 'caa', 'blog', 'bank'].map((label) => [
      `${label}.lab.test`,
      `lego/certificates/${label}.lab.test.crt`,
    ]),
  ])('leads to a certificate for %s', (name, file = '', ...more) => {
    checkCertificate([join(newcomer.clone, 'lessons', file)], guideRow(guide, 'Root certificate'), [
      name,
      ...more,
    ]);
  });
});

/** Starts what the README or the guide says in place of what runs, and waits until it serves. */
async function start(command: string): Promise<void> {
  await server?.stop();
  server = newcomer.start(command);
  guide = await server.says(SERVING);
}

/** The whole suite is not run inside itself: `.ci/run` does so on a clean checkout. */
function expectToBeRunElsewhere(): void {
  const read = (path: string) =>
    readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
  expect(JSON.parse(read('package.json'))).toHaveProperty('scripts.test');
  expect(read('.ci/run')).toMatch(/^(\S+=\S+ )?npm test$/m);
}

function certbotsCertificate(): string {
  return join(guideRow(guide, 'Data folder'), 'certbot/config/live/first.localhost/fullchain.pem');
}

function certificate(file: string): string {
  return join(newcomer.clone, 'certificates', file);
}

function verify(file: string, name: string): void {
  checkCertificate([file], guideRow(guide, 'Root certificate'), [name]);
}
