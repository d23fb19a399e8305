import type { ComparedConnection } from '../explanation/policy-comparison.ts';
import { connectionsOf, partingWords } from '../explanation/policy-comparison.ts';
import type { StoryLine } from '../explanation/story.ts';
import type { AcmeError } from '../protocol/acme-error.ts';
import type { AddressPolicy } from '../protocol/address-family-rule.ts';
import type { FailureClass } from '../protocol/failure-class.ts';
import type { Identifier } from '../protocol/identifier.ts';
import { errorUrn } from '../protocol/problem.ts';
import type { ValidationRecord } from '../protocol/validation-record.ts';
import type { CheckType } from './check-question.ts';
import type { CheckReport, CheckRun, CheckVerdict } from './check-run.ts';
import { checkStory, verdictName } from './check-run.ts';

/** What `touchstone check --json` prints: docs/json-output.md. Programs read it, so that a member is never renamed. */
export interface CheckDocument {
  readonly name: string;
  readonly ok: boolean;
  readonly verdict: string;
  readonly cautions: readonly string[];
  readonly failure?: FailureObject;
  /** These are absent where an order for the name would be refused. */
  readonly identifier?: Identifier;
  readonly wildcard?: boolean;
  readonly type?: CheckType;
  readonly policy?: AddressPolicy;
  readonly record?: ValidationRecord;
  readonly story?: readonly StoryLine[];
  /** Present with `--policy all`. */
  readonly policies?: readonly PolicyObject[];
  readonly comparison?: string;
}

interface FailureObject {
  /** Absent where an order for the name would be refused. */
  readonly class?: FailureClass;
  readonly type: string;
  readonly detail: string;
  readonly hint?: string;
}

interface PolicyObject {
  readonly policy: AddressPolicy;
  readonly ok: boolean;
  readonly connections: readonly ComparedConnection[];
  readonly failure?: FailureObject;
}

/** The document of a check that was made. */
export function checkDocument({ name, subject, told, runs }: CheckReport): CheckDocument {
  const { identifier, wildcard, type } = subject;
  const { record, verdict, policy } = told;
  return {
    name,
    ok: verdict.ok,
    verdict: verdict.words,
    cautions: verdict.cautions,
    ...failureMember(verdict),
    identifier,
    wildcard,
    type,
    policy,
    record,
    story: checkStory(told),
    ...(runs.length === 1 ? {} : comparisonMembers(runs)),
  };
}

/** The document of a name that an order would be refused for. */
export function refusedDocument(name: string, { code, message }: AcmeError): CheckDocument {
  const failure = { type: errorUrn(code), detail: message };
  return { name, ok: false, verdict: message, cautions: [], failure };
}

function comparisonMembers(runs: readonly CheckRun[]): Pick<CheckDocument, 'policies' | 'comparison'> {
  return {
    policies: runs.map(({ policy, record, verdict }) => ({
      policy,
      ok: verdict.ok,
      connections: connectionsOf(record),
      ...failureMember(verdict),
    })),
    comparison: partingWords(runs.map((run) => ({ ...run, verdict: verdictName(run.verdict) }))),
  };
}

function failureMember({ failure }: CheckVerdict): { readonly failure?: FailureObject } {
  if (failure === undefined) return {};
  const { code, detail, hint } = failure;
  return { failure: { class: failure.class, type: errorUrn(code), detail, hint } };
}
