import type {
  AttemptStep,
  CaaStep,
  CertificateStep,
  LookupStep,
  ResponseStep,
  ValidationRecord,
  ValidationStep,
} from '../protocol/validation-record.ts';
import { endpoint } from './address-origin.ts';
import { reachedTheSame } from './reached.ts';
import { familyName } from './wording.ts';

type Steps = readonly ValidationStep[];

/**
 * What a rehearsal has shown that met no obstacle, in two sentences: where it came to, and what was there in place of the proof.
 * It says no more than it can know: nobody can serve a proof before there is an order. What remote perspectives failed by has to
 * be an obstacle, and not the absent proof.
 */
export function reachedWords(record: ValidationRecord): string {
  const { steps, failure } = record;
  const where = `${placeWords(record)}${corroborationWords(record)}${caaWords(steps)}.`;
  if (failure === undefined) return `${where} The proof is there already.`;
  return `${where} ${foundWords(record)}`;
}

function placeWords({ challengeType, identifier, steps }: ValidationRecord): string {
  if (challengeType !== 'http-01' && challengeType !== 'tls-alpn-01') {
    return `DNS answers this CA about ${lastOf(steps, isTxtLookup)?.name ?? identifier.value}`;
  }
  const connected = lastOf(steps, isConnected);
  if (connected === undefined) return 'this CA reached nothing';
  const { address, port, hostname } = connected;
  const what = challengeType === 'http-01' ? 'web' : 'TLS';
  const redirected = hostname === identifier.value ? '' : ` of ${hostname}, where a redirect leads`;
  return `this CA reaches the ${what} server at ${endpoint(address, port)}${redirected}`;
}

function corroborationWords({ corroboration, steps }: ValidationRecord): string {
  if (corroboration === undefined) return '';
  const { remotes, failed } = corroboration;
  const elsewhere = remotes.filter(
    (remote) => remote.failure === undefined && !reachedTheSame(remote.steps, steps),
  ).length;
  const too = `, and ${remotes.length - failed - elsewhere} of ${remotes.length} remote perspectives do too`;
  return elsewhere === 0 ? too : `${too} (${elsewhere} found something else, without an obstacle)`;
}

/** Nothing where CAA was not asked: of addresses, and where `caa.enabled` is false. */
function caaWords(steps: Steps): string {
  const caa = lastOf(steps, isCaa);
  return caa === undefined || caa.decision === 'wrong-account' ? '' : ', and CAA allows it';
}

function foundWords({ challengeType, steps }: ValidationRecord): string {
  if (challengeType === 'http-01') {
    const status = lastOf(steps, isResponse)?.status;
    return status === 200
      ? 'It answered with another text than the token asks for, as was to be expected: there is no order yet.'
      : status === 404
        ? 'It answered with status 404, as was to be expected: there is no order yet.'
        : `It answered with status ${status} to the request for a token that is not there.`;
  }
  if (challengeType === 'tls-alpn-01') {
    const alpn = lastOf(steps, isCertificate)?.alpn;
    return alpn === 'acme-tls/1'
      ? 'It speaks "acme-tls/1", and showed another certificate, as was to be expected: there is no order yet.'
      : 'It does not speak "acme-tls/1" now, which a client does while it waits for a validation.';
  }
  const found = lastOf(steps, isTxtLookup)?.values.length ?? 0;
  return found === 0
    ? 'There is no TXT record, as was to be expected: there is no order yet.'
    : `Of the TXT records there (${found}) none is the one asked for, as was to be expected: there is no order yet.`;
}

const EXPECTED_STATUSES: readonly number[] = [200, 404, 410];

/** What a rehearsal met that may yet make a real validation fail, one sentence each. */
export function rehearsalCautions(record: ValidationRecord): readonly string[] {
  return [
    ...cautionAboutStatus(record.steps),
    ...cautionAboutRetry(record.steps),
    ...cautionAboutName(record),
    ...cautionAboutAccount(record.steps),
    ...cautionAboutListener(record),
    ...cautionAboutPerspectives(record),
  ];
}

function cautionAboutStatus(steps: Steps): readonly string[] {
  const response = steps.findLast((step) => step.step === 'response' || step.step === 'redirect');
  // A redirect is no answer, and one that led to no answer is what the failure is about.
  if (response?.step !== 'response') return [];
  const { status, bodyBytes } = response;
  if (status === 200 && bodyBytes > 0)
    return [
      'It answers with a page to a path that is not there: see that a file of your ACME client comes before that page.',
    ];
  if (EXPECTED_STATUSES.includes(status)) return [];
  return status >= 500
    ? [
        `Status ${status} is as it should be only where a proxy waits for an ACME client that runs during the renewal alone.`,
      ]
    : [
        `Status ${status} in place of 404: see that the server gives what is below /.well-known/acme-challenge/ to everybody.`,
      ];
}

function cautionAboutRetry(steps: Steps): readonly string[] {
  const failed = steps.find((step) => step.step === 'attempt' && step.outcome !== 'connected');
  const retried = steps.some((step) => step.step === 'retry' && step.retried);
  if (failed?.step !== 'attempt' || !retried || lastOf(steps, isConnected) === undefined) return [];
  const { address, port, family } = failed;
  return [
    `Only a retry led there: ${endpoint(address, port)} is not reached over ${familyName(family)}. Repair it, or remove its record.`,
  ];
}

/** dns-01 asks for a name below the one that the certificate is for, so that a mistyped one looks like one without a record. */
function cautionAboutName({ challengeType, identifier, steps }: ValidationRecord): readonly string[] {
  if (challengeType !== 'dns-01') return [];
  const absent = steps.some(
    (step) => step.step === 'lookup' && step.name === identifier.value && step.outcome === 'nxdomain',
  );
  return absent
    ? [`DNS knows no ${identifier.value} at all, which dns-01 does not need: see that it is spelled right.`]
    : [];
}

/** No account asks, unless one was named. */
function cautionAboutAccount(steps: Steps): readonly string[] {
  const caa = lastOf(steps, isCaa);
  return caa?.decision === 'wrong-account'
    ? [
        `CAA at ${caa.foundAt} lets named accounts alone issue (accounturi, RFC 8657): --account URL says whether yours may.`,
      ]
    : [];
}

function cautionAboutListener({ failure, challengeType }: ValidationRecord): readonly string[] {
  if (failure?.class !== 'connect') return [];
  const overTls = challengeType === 'tls-alpn-01' || failure.url?.startsWith('https:') === true;
  const [setting, publicPort] = overTls ? ['validation.tlsPort', 443] : ['validation.httpPort', 80];
  return [
    ...(failure.kind === 'refused'
      ? [
          `If your client listens during the renewal alone (${challengeType === 'tls-alpn-01' ? 'lego --tls' : 'certbot --standalone'}), let something listen there for this check.`,
        ]
      : []),
    ...(failure.port === publicPort
      ? []
      : [`This CA dials port ${failure.port} (${setting}); a public one dials ${publicPort}.`]),
  ];
}

/** Each perspective follows its own DNS; before there is a proof, none can tell whether another server has it too. */
function cautionAboutPerspectives({ steps, corroboration }: ValidationRecord): readonly string[] {
  const here = lastOf(steps, isConnected);
  if (here === undefined) return [];
  return (corroboration?.remotes ?? []).flatMap(({ perspective, steps: theirs }) => {
    const there = lastOf(theirs, isConnected);
    if (there === undefined || reachedTheSame(steps, theirs)) return [];
    const place = endpoint(there.address, there.port);
    return there.address === here.address
      ? [`${perspective} is answered otherwise at ${place}: it has to be given the same answer.`]
      : [
          `${perspective} reaches ${place}: if that address is not yours, correct the DNS or route that it sees; if it is, it has to give the same answer.`,
        ];
  });
}

function lastOf<Step extends ValidationStep>(
  steps: Steps,
  isWanted: (step: ValidationStep) => step is Step,
): Step | undefined {
  return steps.findLast(isWanted);
}

function isConnected(step: ValidationStep): step is AttemptStep {
  return step.step === 'attempt' && step.outcome === 'connected';
}

function isResponse(step: ValidationStep): step is ResponseStep {
  return step.step === 'response';
}

function isCertificate(step: ValidationStep): step is CertificateStep {
  return step.step === 'certificate';
}

function isCaa(step: ValidationStep): step is CaaStep {
  return step.step === 'caa';
}

function isTxtLookup(step: ValidationStep): step is LookupStep {
  return step.step === 'lookup' && step.type === 'TXT';
}
