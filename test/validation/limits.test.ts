import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { ADDRESS_POLICIES } from '../../src/protocol/address-family-rule.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { validationSchema } from '../../src/validation/validation-config.ts';
import { createValidator } from '../../src/validation/validator.ts';
import { steppedTimer } from '../support/stepped-timer.ts';
import type { SeenValidation, ValidationSettings, Zone } from '../support/validation-lab.ts';
import {
  KEY_AUTHORIZATION,
  questionFor,
  tableResolver,
  validate,
  WITHOUT_CAA,
} from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startWebServer } from '../support/web-server.ts';

const HOST = '127.0.0.1';
const ZONE: Zone = { 'dual.test': { A: [HOST] } };

const servers: SeenServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function web(answer: RequestListener): Promise<SeenServer> {
  const server = await startWebServer(HOST, 0, answer);
  servers.push(server);
  return server;
}

const at = ({ port }: SeenServer, more: ValidationSettings = {}): Promise<SeenValidation> =>
  validate({ zone: ZONE, httpPort: port, ...more });

const classOf = ({ record }: SeenValidation): string => record.failure?.class ?? 'passed';

describe('the body of an answer', () => {
  const bodyOf = (length: number) => web((_, response) => response.end(KEY_AUTHORIZATION.padEnd(length)));

  test('may have 127 bytes and no more', async () => {
    expect(classOf(await at(await bodyOf(127)))).toBe('passed');
    expect((await at(await bodyOf(128))).record.failure).toMatchObject({
      class: 'body-too-long',
      limitBytes: 127,
    });
  });

  test('may have as many bytes as validation.maxBodyBytes says', async () => {
    expect(classOf(await at(await bodyOf(500), { maxBodyBytes: 500 }))).toBe('passed');
    expect((await at(await bodyOf(501), { maxBodyBytes: 500 })).record.failure).toMatchObject({
      class: 'body-too-long',
      limitBytes: 500,
    });
    expect(classOf(await at(await bodyOf(87), { maxBodyBytes: 87 }))).toBe('passed');
    expect(classOf(await at(await bodyOf(88), { maxBodyBytes: 87 }))).toBe('body-too-long');
  });

  test('is compared at once, also where 100 kB of white space are in the middle of it', async () => {
    const server = await web((_, response) => response.end(`x${' '.repeat(100_000)}x`));
    const seen = await at(server, { maxBodyBytes: 200_000 });
    expect(classOf(seen)).toBe('wrong-content');
    expect(seen.record.durationMs).toBeLessThan(1000);
  });
});

describe('the head of an answer', () => {
  const headOf = (bytes: number) =>
    web((_, response) => {
      const lines = Array.from({ length: bytes / 100 }, (_line, index) => [`X-${index}`, 'x'.repeat(90)]);
      response.writeHead(200, lines.flat()).end(KEY_AUTHORIZATION);
    });

  test('may have 16 kB and no more', async () => {
    expect(classOf(await at(await headOf(15_000)))).toBe('passed');
    expect((await at(await headOf(18_000))).record.failure).toMatchObject({
      class: 'exchange',
      kind: 'headers-too-long',
    });
  });

  test('may have as many bytes as validation.maxHeaderBytes says', async () => {
    expect(classOf(await at(await headOf(1500), { maxHeaderBytes: 2000 }))).toBe('passed');
    expect((await at(await headOf(2500), { maxHeaderBytes: 2000 })).record.failure).toMatchObject({
      class: 'exchange',
      kind: 'headers-too-long',
    });
    expect(classOf(await at(await headOf(50_000), { maxHeaderBytes: 65_536 }))).toBe('passed');
  });
});

describe('redirects', () => {
  /** Redirects so often, then passes. */
  const chainOf = (length: number) => {
    let count = 0;
    return web((_, response) => {
      count += 1;
      if (count > length) response.end(KEY_AUTHORIZATION);
      else response.writeHead(302, { location: `/hop-${count}` }).end();
    });
  };

  test('are followed ten times and not an eleventh; under boulder eleven times and not a twelfth', async () => {
    for (const addressPolicy of ADDRESS_POLICIES) {
      const limit = addressPolicy === 'boulder' ? 11 : 10;
      expect(classOf(await at(await chainOf(limit), { addressPolicy }))).toBe('passed');
      const server = await chainOf(limit + 1);
      const { record } = await at(server, { addressPolicy });
      expect(record.failure).toMatchObject({ class: 'redirect', refusal: 'too-many' });
      expect(server.requests).toHaveLength(limit + 1);
    }
  });

  test.each([0, 1, 3])('are followed as often as validation.maxRedirects=%i says', async (maxRedirects) => {
    expect(classOf(await at(await chainOf(maxRedirects), { maxRedirects }))).toBe('passed');
    const server = await chainOf(maxRedirects + 1);
    const { record } = await at(server, { maxRedirects });
    expect(record.failure).toMatchObject({ refusal: 'too-many', detail: `${maxRedirects} are followed` });
    expect(server.requests).toHaveLength(maxRedirects + 1);
  });

  test('ask for no more names than there are requests, and dial one address for each', async () => {
    let count = 0;
    const server = await web((_, response) => {
      count += 1;
      response.writeHead(302, { location: `http://hop-${count}.test/` }).end();
    });
    const hundred = Array.from({ length: 100 }, (_, index) => `127.0.2.${index + 1}`);
    const names = ['dual.test', ...Array.from({ length: 20 }, (_, index) => `hop-${index + 1}.test`)];
    const resolver = tableResolver(
      Object.fromEntries(names.map((name) => [name, { A: [HOST, ...hundred] }])),
    );
    const { dialled } = await validate({ resolver, httpPort: server.port });
    expect(resolver.asked).toHaveLength(2 * 11);
    expect(dialled).toEqual(Array.from({ length: 11 }, () => `${HOST} ${server.port}`));
  });
});

describe('the time of a validation', () => {
  /** Every answer takes 9 s and leads on: no request is late by itself. */
  async function slowChain(settings: object) {
    const timer = steppedTimer();
    let count = 0;
    const server = await web((_, response) => {
      timer.pass(9000);
      count += 1;
      response.writeHead(302, { location: `/${count}` }).end();
    });
    const validator = createValidator(
      { ...validationSchema.parse({ httpPort: server.port, ...settings }), caa: WITHOUT_CAA },
      {
        resolver: tableResolver(ZONE),
        network: createSystemNetwork(systemTimer),
        timer,
        clock: systemClock,
        userAgent: 'touchstone-test',
      },
    );
    const { record } = await validator.validate(questionFor());
    await server.drained();
    return { failure: record.failure, requests: server.requests.length };
  }

  test('is 60 s in all', async () => {
    expect(await slowChain({})).toMatchObject({
      failure: { class: 'overall-timeout', budgetMs: 60_000 },
      requests: 7,
    });
  });

  test('is what validation.totalTimeoutMs says', async () => {
    expect(await slowChain({ totalTimeoutMs: 20_000 })).toMatchObject({
      failure: { class: 'overall-timeout', budgetMs: 20_000 },
      requests: 3,
    });
  });
});
