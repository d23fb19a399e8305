import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ApiTls } from '../../src/application/api-tls.ts';
import { openApiTls } from '../../src/application/api-tls.ts';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { ConfigurationError } from '../../src/application/configuration-error.ts';
import { realWorld } from '../../src/application/world.ts';
import { createLifeCycle } from '../../src/runtime/life-cycle.ts';
import type { TlsCredentials } from '../../src/runtime/listener.ts';
import { selfSigned } from '../support/self-signed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

/** Real time and its timer under the test's hand. Both go on together. */
function steppedTime() {
  let now = START;
  let due: { readonly at: number; readonly action: () => void }[] = [];
  return {
    clock: { now: () => now },
    timer: {
      now: () => now,
      after(milliseconds: number, action: () => void) {
        const entry = { at: now + milliseconds, action };
        due.push(entry);
        return () => {
          due = due.filter((other) => other !== entry);
        };
      },
    },
    waiting: () => due.length,
    /** Goes to the next timer and runs it. */
    step() {
      const [next] = due.sort((left, right) => left.at - right.at);
      if (next === undefined) throw new Error('no timer is set');
      due = due.filter((other) => other !== next);
      now = next.at;
      next.action();
      return now;
    },
  };
}

async function open(acme: object, time = steppedTime(), folder = temporaryFolder()) {
  const lifeCycle = createLifeCycle();
  onTestFinished(() => lifeCycle.stop());
  const logged: string[] = [];
  const log = (_facts: object, message: string) => void logged.push(message);
  const tls: ApiTls = await openApiTls({
    acme: parseConfiguration({ acme }).acme,
    folder,
    world: realWorld({ timer: time.timer, logger: { debug: log, info: log, warn: log, error: log } }),
    realClock: time.clock,
    lifeCycle,
  });
  return { tls, time, lifeCycle, folder, logged };
}

function certificateOf(credentials: TlsCredentials | undefined): X509Certificate {
  if (credentials === undefined) throw new Error('there are no credentials');
  return new X509Certificate(credentials.cert);
}

test("the made certificate is for localhost in all its forms, the host's name and the configured names", async () => {
  const { tls } = await open({ tls: { names: ['ca.example.test', '192.0.2.9'] } });
  const certificate = certificateOf(tls.credentials);
  for (const name of ['localhost', hostname(), 'ca.example.test'])
    expect(certificate.checkHost(name)).toBe(name);
  for (const address of ['127.0.0.1', '::1', '192.0.2.9']) expect(certificate.checkIP(address)).toBe(address);
});

test('it is renewed, and handed out, with a third of its validity left; and again, and again', async () => {
  const { tls, time, folder, logged } = await open({});
  const given: X509Certificate[] = [certificateOf(tls.credentials)];
  const times: number[] = [];
  const renewal = () =>
    new Promise<void>((resolve) => {
      renewed = resolve;
    });
  let renewed = (): void => {};
  tls.keepFresh((credentials) => {
    given.push(certificateOf(credentials));
    times.push(time.clock.now());
    renewed();
  });
  for (let round = 0; round < 3; round += 1) {
    const next = renewal();
    const until = times.length;
    // A look that renews is asynchronous, so it sets no timer before it is done: then the loop ends.
    while (time.waiting() > 0) time.step();
    await next;
    expect(times).toHaveLength(until + 1);
    await logAppears(logged, until + 1);
  }
  for (const [index, at] of times.entries()) {
    const before = given[index];
    const left = before === undefined ? 0 : Date.parse(before.validTo) - at;
    expect(left).toBeGreaterThan(29 * DAY);
    expect(left).toBeLessThan(31 * DAY);
  }
  expect(new Set(given.map(({ serialNumber }) => serialNumber)).size).toBe(4);
  const again = await open({}, time, folder);
  expect(certificateOf(again.tls.credentials).serialNumber).toBe(given[3]?.serialNumber);
});

test('a renewal that fails is tried again a minute later', async () => {
  const { tls, time, logged } = await open({});
  const attempts: number[] = [];
  tls.keepFresh(() => {
    attempts.push(time.clock.now());
    if (attempts.length === 1) throw new Error('out of order');
  });
  while (attempts.length < 2) {
    while (time.waiting() > 0) time.step();
    await new Promise(setImmediate);
  }
  expect((attempts[1] ?? 0) - (attempts[0] ?? 0)).toBe(60_000);
  expect(logged[0]).toBe("could not renew the API's certificate; trying again later");
});

test('a stop ends the looking', async () => {
  const { tls, time, lifeCycle } = await open({});
  tls.keepFresh(() => {});
  expect(time.waiting()).toBe(1);
  await lifeCycle.stop();
  expect(time.waiting()).toBe(0);
});

test('own files are used as they are, and have no anchor of ours', async () => {
  const own = await selfSigned('ca.example.test');
  const folder = temporaryFolder();
  const files = { certificate: join(folder, 'c.pem'), key: join(folder, 'k.pem') };
  writeFileSync(files.certificate, own.cert);
  writeFileSync(files.key, own.key);
  const { tls, time } = await open({ tls: files });
  expect(tls).toMatchObject({ credentials: own, caFile: undefined });
  tls.keepFresh(() => {});
  expect(time.waiting()).toBe(0);
});

test('own files that are missing, no PEM, or of two different keys are refused at the start', async () => {
  const folder = temporaryFolder();
  const [one, other] = [await selfSigned('one.test'), await selfSigned('other.test')];
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const certificate = file('c.pem', one.cert);
  const key = file('k.pem', one.key);
  for (const [files, complaint] of [
    [{ certificate: join(folder, 'none.pem'), key }, 'acme.tls.certificate: ENOENT'],
    [{ certificate, key: join(folder, 'none.key') }, 'acme.tls.key: ENOENT'],
    [{ certificate: file('no.pem', 'hello'), key }, 'are no certificate in PEM with its unencrypted key'],
    [{ certificate, key: file('other.key', other.key) }, 'key values mismatch'],
  ] as const) {
    const refused = await open({ tls: files }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigurationError);
    expect(String(refused)).toContain(complaint);
  }
});

test('a name that no certificate can hold is refused with its setting', async () => {
  const refused = open({ tls: { names: ['bad name'] } });
  await expect(refused).rejects.toThrow(ConfigurationError);
  await expect(refused).rejects.toThrow(/acme\.tls\.names: "bad name"/);
});

test('plain HTTP has no credentials', async () => {
  const { tls } = await open({ tls: { enabled: false } });
  expect(tls).toMatchObject({ credentials: undefined, caFile: undefined });
});

/** The line comes right after the new certificate was handed out. */
async function logAppears(logged: readonly string[], count: number): Promise<void> {
  while (logged.length < count) await new Promise(setImmediate);
}
