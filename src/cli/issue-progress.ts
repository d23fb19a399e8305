import { basename } from 'node:path';
import type { ValidationFailureReport } from '../client/client-error.ts';
import { describeProblem } from '../client/client-error.ts';
import type { Http01Responder } from '../client/http01-responder.ts';
import type { ObtainStep } from '../client/obtain-certificate.ts';
import type { CertificateFiles } from './certificate-files.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';

/** Tells a person how the certificate comes into being, one line a step. */
export interface IssueProgress {
  begin(names: readonly string[], directoryUrl: string): void;
  responder(responder: Http01Responder): void;
  step(step: ObtainStep): void;
  failed(failures: readonly ValidationFailureReport[]): void;
  done(files: CertificateFiles, notAfter: number, durationMs: number): void;
}

/** Progress on `out`, with colours when it wants them. */
export function issueProgress(output: Output): IssueProgress {
  const line = (mark: string, subject: string, rest: string): void =>
    output.out(`${mark} ${subject.padEnd(12)} ${rest}\n`);
  const done = (subject: string, rest: string): void => line(styled(output, 'green', '✓'), subject, rest);
  return {
    begin: (names, directoryUrl) =>
      output.out(
        `${styled(output, 'bold', `A certificate for ${names.join(', ')}`)} ${styled(output, 'dim', `from ${directoryUrl}`)}\n\n`,
      ),
    responder({ port, families, warning }) {
      done('responder', `answers http-01 on port ${port}, ${families.join(' and ')}`);
      if (warning !== undefined) line(styled(output, 'yellow', '!'), 'attention', warning);
    },
    step(step) {
      const news = newsOf(step);
      if (news !== undefined) done(...news);
    },
    failed(failures) {
      for (const failure of failures)
        line(
          styled(output, 'red', '✗'),
          'not proved',
          `${failure.name}: ${describeProblem(failure.problem).replaceAll('\n', '\n  ')}`,
        );
    },
    done(files, notAfter, durationMs) {
      done('saved', files.certificate);
      output.out(`${' '.repeat(15)}${styled(output, 'dim', 'the certificate and its chain')}\n`);
      output.out(`${' '.repeat(15)}${files.key}\n`);
      output.out(`${' '.repeat(15)}${styled(output, 'dim', 'its private key, readable by you alone')}\n\n`);
      output.out(
        `${styled(output, 'bold', `Done in ${seconds(durationMs)}.`)} Valid until ${dateText(notAfter)}.\n`,
      );
    },
  };
}

/** Says nothing, for `--json`. */
export const SILENT_PROGRESS: IssueProgress = {
  begin: () => undefined,
  responder: () => undefined,
  step: () => undefined,
  failed: () => undefined,
  done: () => undefined,
};

/** Subject and news of a step; undefined for one that is told by what follows it. */
function newsOf(step: ObtainStep): readonly [subject: string, news: string] | undefined {
  switch (step.step) {
    case 'account':
      return ['account', `${idOf(step.url)}, ${step.created ? 'made just now' : 'known already'}`];
    case 'order':
      return ['order', idOf(step.url)];
    case 'responding':
      return undefined;
    case 'authorized':
      return ['proved', step.reused ? `${step.name}, by an authorization that is still valid` : step.name];
    case 'finalized':
      return ['signed', 'the CA has issued it'];
    case 'downloaded':
      return ['downloaded', idOf(step.url)];
  }
}

/** The last part of a URL, which is how this server names a thing everywhere. */
function idOf(url: string): string {
  return basename(new URL(url).pathname);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
}

function dateText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
