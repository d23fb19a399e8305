import { generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { ValidationFailedError } from '../client/client-error.ts';
import { createAcmeClient } from '../client/create-acme-client.ts';
import type { Http01Responder } from '../client/http01-responder.ts';
import { startHttp01Responder } from '../client/http01-responder.ts';
import type { ObtainedCertificate } from '../client/obtain-certificate.ts';
import { obtainCertificate } from '../client/obtain-certificate.ts';
import { systemTimer } from '../runtime/timer.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { createCsr } from '../x509/create-csr.ts';
import { decodePem } from '../x509/pem.ts';
import { loadAccountKey } from './account-key-file.ts';
import type { CertificateFiles } from './certificate-files.ts';
import { planCertificateFiles, writeCertificateFiles } from './certificate-files.ts';
import { issueFailureDocument } from './issue-failure-json.ts';
import { parseIssueNames } from './issue-names.ts';
import type { IssueProgress } from './issue-progress.ts';
import { issueProgress, SILENT_PROGRESS } from './issue-progress.ts';
import type { IssueTarget, IssueTargetOptions } from './issue-target.ts';
import { findIssueTarget } from './issue-target.ts';
import { NotIssuedError } from './not-issued-error.ts';
import type { Output } from './output.ts';
import { shellCommandOn } from './program-files.ts';

export interface IssueOptions extends IssueTargetOptions {
  readonly names: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

/**
 * `touchstone issue`: obtains a certificate by http-01 and writes it with its key. Throws UsageError for what cannot be
 * asked, NotIssuedError when a name was not proved, and the client's errors; then no file has changed, and with `json` the
 * problem is printed.
 */
export async function runIssue(options: IssueOptions, output: Output): Promise<void> {
  try {
    await issue(options, output);
  } catch (error) {
    if (options.json === true) output.out(`${JSON.stringify(issueFailureDocument(options.names, error))}\n`);
    throw error;
  }
}

async function issue(options: IssueOptions, output: Output): Promise<void> {
  const started = systemTimer.now();
  const names = parseIssueNames(options.names);
  const files = planCertificateFiles(options.out ?? '.', names[0]);
  const target = findIssueTarget(options);
  const progress = options.json === true ? SILENT_PROGRESS : issueProgress(output);
  progress.begin(names, target.directoryUrl);
  // Open until the end: its sockets also keep the process alive while nothing but a poll's pause is under way.
  const responder = await startHttp01Responder({ port: target.httpPort, timer: systemTimer });
  try {
    progress.responder(responder);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const csr = createCsr({
      privateKey,
      dnsNames: names.filter((name) => isIP(name) === 0),
      ipAddresses: names.filter((name) => isIP(name) !== 0),
    });
    const obtained = await obtain(target, { names, csr, responder, progress });
    const keyPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const leaf = readLeaf(obtained.chainPem);
    await writeCertificateFiles(files, { chainPem: obtained.chainPem, keyPem });
    progress.done(files, leaf.notAfter, systemTimer.now() - started);
    if (options.json === true) output.out(`${JSON.stringify(summaryOf(names, files, leaf, obtained))}\n`);
  } finally {
    await responder.close();
  }
}

async function obtain(
  target: IssueTarget,
  work: {
    readonly names: readonly string[];
    readonly csr: Uint8Array;
    readonly responder: Http01Responder;
    readonly progress: IssueProgress;
  },
): Promise<ObtainedCertificate> {
  const client = createAcmeClient({
    directoryUrl: target.directoryUrl,
    apiCa: target.apiCa,
    accountKey: await loadAccountKey(target.accountKeyFile),
  });
  try {
    const { names, csr, responder } = work;
    return await obtainCertificate({ client, responder, names, csr, onStep: work.progress.step });
  } catch (error) {
    if (!(error instanceof ValidationFailedError)) throw error;
    work.progress.failed(error.failures);
    throw notIssued(error, target, work.progress === SILENT_PROGRESS);
  } finally {
    client.close();
  }
}

function notIssued(error: ValidationFailedError, target: IssueTarget, untold: boolean): NotIssuedError {
  const reasons = untold ? `\n${error.message}` : '';
  const [first] = error.failures;
  const next =
    target.dataFolder === undefined || first === undefined
      ? ''
      : `\nSee what the CA looked up, dialled and read:\n  ${shellCommandOn(target.dataFolder, `explain ${first.name}`)}`;
  return new NotIssuedError(`no certificate was issued.${reasons}${next}`, error.failures, error);
}

function readLeaf(chainPem: string): { readonly serial: string; readonly notAfter: number } {
  const [leaf] = decodePem(chainPem);
  const parsed = leaf === undefined ? undefined : parseCertificate(leaf.der);
  if (!parsed?.ok) throw new Error('the server sent something that is no certificate');
  return { serial: parsed.value.serial, notAfter: parsed.value.notAfter };
}

function summaryOf(
  names: readonly string[],
  files: CertificateFiles,
  leaf: { readonly serial: string; readonly notAfter: number },
  { accountUrl, orderUrl, certificateUrl }: ObtainedCertificate,
) {
  const notAfter = new Date(leaf.notAfter).toISOString();
  return { names, ...files, serial: leaf.serial, notAfter, accountUrl, orderUrl, certificateUrl };
}
