import { onTestFinished } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import type { Validation } from '../../src/application/validation.ts';
import { createValidation } from '../../src/application/validation.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { Problem } from '../../src/protocol/problem.ts';
import type { ValidationVerdict } from '../../src/protocol/validation-question.ts';
import type { PerspectiveRecord, ValidationStep } from '../../src/protocol/validation-record.ts';
import type { TestDnsServer, ZoneTable } from './dns-server.ts';
import { answerFrom, startDnsServer } from './dns-server.ts';
import type { SeenServer } from './web-server.ts';
import { startWebServer } from './web-server.ts';

/** The address of the validated server. */
export const GOOD = '127.0.0.1';

/** A zone in which `dual.test` has the one address. */
export const zoneAt = (address: string, caa: readonly string[] = []): ZoneTable => ({
  'dual.test': { [address.includes(':') ? 'AAAA' : 'A']: [address], CAA: caa },
});

/** Ends with the test, as all that is started here. */
export async function startDns(zone: ZoneTable): Promise<TestDnsServer> {
  const dns = await startDnsServer(answerFrom(zone));
  onTestFinished(() => dns.stop());
  return dns;
}

/** A web server that answers everything with the body, or with a status. */
export async function startWeb(address: string, port: number, body: string | number): Promise<SeenServer> {
  const server = await startWebServer(address, port, (_request, response) => {
    if (typeof body === 'number') response.writeHead(body).end();
    else response.end(body);
  });
  onTestFinished(() => server.stop());
  return server;
}

interface Settings {
  readonly dns: TestDnsServer;
  readonly httpPort: number;
  readonly perspectives: readonly object[];
  readonly validation?: object;
}

/** The validation authority of a configuration whose primary perspective asks the DNS server. */
export function validationFor({ dns, httpPort, perspectives, validation }: Settings): Validation {
  const config = parseConfiguration({
    dns: { servers: [dns.server] },
    validation: { httpPort, perspectives, ...validation },
  });
  const made = createValidation(config);
  onTestFinished(() => made.close());
  return made;
}

export function remotesOf({ record }: ValidationVerdict): readonly PerspectiveRecord[] {
  return record.corroboration?.remotes ?? [];
}

export function problemOf({ record }: ValidationVerdict): Problem | undefined {
  return record.failure === undefined ? undefined : explainFailure(record.failure);
}

/** Every address that was dialled, in order. */
export const dialledIn = (steps: readonly ValidationStep[]): readonly string[] =>
  steps.flatMap((step) => (step.step === 'attempt' ? [step.address] : []));
