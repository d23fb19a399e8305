import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { createValidation } from '../../src/application/validation.ts';
import { renderStoryLine } from '../../src/cli/story-text.ts';
import { renderBoulderRecord } from '../../src/explanation/boulder-record.ts';
import { tellStory } from '../../src/explanation/story.ts';
import { runCheck } from '../cli/run-check.ts';
import { startBlackHole } from '../support/black-hole.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { selfSigned } from '../support/self-signed.ts';
import {
  CHALLENGE_PATH,
  hasIpv6Loopback,
  KEY_AUTHORIZATION,
  questionFor,
} from '../support/validation-lab.ts';
import { startWebServer } from '../support/web-server.ts';

const text = readFileSync(fileURLToPath(new URL('../../docs/validation.md', import.meta.url)), 'utf8');

/** The lines of the fenced block that follows the marker. */
function shown(marker: string): readonly string[] {
  const [, block = ''] = text.split(`<!-- ${marker} -->\n`);
  return (/^```\w*\n([\s\S]*?)\n```/.exec(block)?.[1] ?? '').split('\n');
}

/** Without what differs from run to run. */
function steady(told: string, ports: Readonly<Record<number, number>>): readonly string[] {
  const renumbered = Object.entries(ports).reduce(
    (words, [from, to]) => words.replaceAll(`:${from}`, `:${to}`),
    told,
  );
  return renumbered
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-02T03:04:05.678Z')
    .replaceAll(/\b\d+(\.\d+)? ms/g, '1 ms')
    .trimEnd()
    .split('\n');
}

async function started<Server extends { stop(): Promise<void> }>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  onTestFinished(() => server.stop());
  return server;
}

const hasIpv6 = await hasIpv6Loopback();

test.skipIf(!hasIpv6)(
  'docs/validation.md shows an http-01 validation as it is told and recorded',
  async () => {
    const web = await started(
      startWebServer('::1', 0, ({ url }, response) => {
        if (url === CHALLENGE_PATH) response.end(`${KEY_AUTHORIZATION}\n`);
        else response.writeHead(404).end();
      }),
    );
    const dns = await started(
      startDnsServer(
        answerFrom({
          test: {},
          'example.test': { CAA: ['0 issue "touchstone.test"'] },
          'www.example.test': { A: ['127.0.0.1'], AAAA: ['::1'] },
        }),
      ),
    );
    const config = parseConfiguration({
      dns: { servers: [dns.server] },
      validation: { httpPort: web.port },
    });
    const validation = createValidation(config);
    onTestFinished(() => validation.close());
    const { passed, record } = await validation.validate(
      questionFor({ type: 'dns', value: 'www.example.test' }),
    );
    expect(passed).toBe(true);
    const output = { out: () => undefined, err: () => undefined, color: false, columns: 100 };
    const ports = { [web.port]: 5002, [dns.port]: 53 };
    // Before lines are broken, since longer numbers may break them elsewhere.
    const story = tellStory(record).map(({ role, text }) => {
      const [line = ''] = steady(text, ports);
      return renderStoryLine({ role, text: line }, output);
    });
    expect(story.join('\n').split('\n')).toEqual(shown('story'));
    const json = JSON.stringify(renderBoulderRecord(record), undefined, 2).replaceAll(
      `"${web.port}"`,
      '"5002"',
    );
    expect(steady(json, ports)).toEqual(shown('validationRecord'));
  },
);

test.skipIf(!hasIpv6)('docs/validation.md shows where the policies part in the worked example', async () => {
  const http = await started(
    startWebServer('127.0.0.1', 0, (_, response) => {
      response.writeHead(301, { location: 'https://shop.example.test/' }).end();
    }),
  );
  const tls = await started(
    startWebServer('127.0.0.1', 0, (_, response) => response.writeHead(404).end(), await selfSigned('shop')),
  );
  await started(startBlackHole('::1', http.port));
  await started(startBlackHole('::1', tls.port));
  const settings = {
    httpPort: http.port,
    tlsPort: tls.port,
    connectTimeoutMs: 250,
  };
  const { out } = await runCheck('shop.example.test', {
    policy: 'all',
    host: ['shop.example.test=127.0.0.1,::1'],
    set: Object.entries(settings).map(([key, value]) => `validation.${key}=${value}`),
  });
  const [comparison = ''] = out.split('\n\n');
  const rows = steady(comparison, { [http.port]: 5002, [tls.port]: 5001 });
  const columns = (row: string) => row.split(/ {2,}/);
  expect(rows.map(columns)).toEqual(shown('comparison').map(columns));
});
