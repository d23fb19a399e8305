import type { Configuration } from '../application/configuration.ts';
import { createValidation } from '../application/validation.ts';
import type { World } from '../application/world.ts';
import { realWorld } from '../application/world.ts';
import type { AddressPolicy } from '../protocol/address-family-rule.ts';
import { ADDRESS_POLICIES } from '../protocol/address-family-rule.ts';
import { createLogger } from '../runtime/logger.ts';
import { createSharedAbort } from '../runtime/shared-abort.ts';
import { checkDocument, refusedDocument } from './check-json.ts';
import type { CheckSubject, CheckType } from './check-question.ts';
import { checkSubject, rehearsalQuestion } from './check-question.ts';
import type { CheckRun } from './check-run.ts';
import { checkVerdict } from './check-run.ts';
import { renderCheck, renderRefused } from './check-text.ts';
import type { ConfigurationOptions } from './configuration-file.ts';
import { loadConfiguration } from './configuration-file.ts';
import type { Output } from './output.ts';
import { stopSignals } from './stop-signals.ts';

export interface CheckOptions extends ConfigurationOptions {
  readonly type?: CheckType;
  readonly policy?: AddressPolicy | 'all';
  /** The URL of the account that will ask, for CAA's `accounturi`. */
  readonly account?: string;
  readonly json?: boolean;
}

/**
 * `touchstone check`: does what the CA would do to validate a name, before there is an order, and tells what it met. Needs no
 * data folder. Answers true when nothing was in the way, and false when something was, or when a signal broke it off; throws
 * UsageError or ConfigurationError.
 */
export async function check(name: string, options: CheckOptions, output: Output): Promise<boolean> {
  const config = loadConfiguration(options);
  const subject = checkSubject(name, options.type, config);
  if (!subject.ok) {
    const { refusal } = subject;
    output.out(
      options.json === true ? jsonOf(refusedDocument(name, refusal)) : renderRefused(refusal, output),
    );
    return false;
  }
  const configured = config.validation.addressPolicy;
  const policies = options.policy === 'all' ? ADDRESS_POLICIES : [options.policy ?? configured];
  const signals = stopSignals();
  const stopping = createSharedAbort();
  void signals.received.then(() => stopping.abort());
  try {
    const world = realWorld({ logger: faultLogger(output) });
    const run = rehearse({
      config,
      subject: subject.value,
      account: options.account,
      world,
      signal: stopping.signal,
    });
    const runs: CheckRun[] = [];
    for (const policy of policies) if (!stopping.signal.aborted) runs.push(await run(policy));
    // The one that the configuration names is told in full.
    const told = runs.find(({ policy }) => policy === configured) ?? runs[0];
    if (stopping.signal.aborted || told === undefined) {
      output.err('touchstone: the check was broken off before it was over.\n');
      return false;
    }
    const report = { name, subject: subject.value, told, runs };
    output.out(options.json === true ? jsonOf(checkDocument(report)) : renderCheck(report, output));
    return told.verdict.ok;
  } finally {
    signals.release();
  }
}

/** Validates under a policy, by a validation authority of its own each time: none knows what another looked up. */
function rehearse(options: {
  readonly config: Configuration;
  readonly subject: CheckSubject;
  readonly account: string | undefined;
  readonly world: World;
  readonly signal: AbortSignal;
}): (policy: AddressPolicy) => Promise<CheckRun> {
  const { config, subject, account, world, signal } = options;
  return async (policy) => {
    const validation = createValidation(
      { ...config, validation: { ...config.validation, addressPolicy: policy } },
      world,
    );
    try {
      const question = rehearsalQuestion(subject, account, world.randomness);
      const { record } = await validation.validate(question, signal);
      return { policy, record, verdict: checkVerdict(record) };
    } finally {
      validation.close();
    }
  };
}

/** What is not for the story, such as the cause of a fault of ours. */
function faultLogger(output: Output) {
  return createLogger({
    level: 'warn',
    sink: { write: (line) => output.err(line) },
    readable: process.stderr.isTTY === true,
  });
}

function jsonOf(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
