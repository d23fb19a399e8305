import type { Step } from '../load/recorder.ts';
import { STEPS } from '../load/recorder.ts';
import { median, p99, percentile, rangeOf } from '../measure/statistics.ts';
import { figure, figureOfRange } from '../report/figures.ts';
import type { Report } from '../report/report.ts';
import type { Round, Setup } from './rounds.ts';

/** Prints what the rounds of one setup have shown: a table of totals and one of steps. */
export function reportSetup(report: Report, setup: Setup, rounds: readonly Round[]): void {
  const servers = [...new Set(rounds.map(({ server }) => server))];
  const of = (server: string) => rounds.filter((round) => round.server === server);
  report.table({
    title: setup.title,
    columns: ['', ...servers, ...(servers.length === 2 ? [servers.join(' / ')] : [])],
    rows: TOTALS.map(({ title, value }) => {
      const samples = servers.map((server) => of(server).map(value));
      const medians = samples.map(median);
      const [first = Number.NaN, second] = medians;
      return [
        title,
        ...samples.map((values) => figureOfRange(rangeOf(values))),
        ...(second === undefined ? [] : [figure(first / second)]),
      ];
    }),
    notes: problemsOf(rounds),
  });
  report.table({
    title: `${setup.title}: latency by step, ms (p50 / p90 / p99)`,
    columns: ['step', ...servers],
    rows: STEPS.filter((step) => samplesOf(rounds, step).length > 0).map((step) => [
      step,
      ...servers.map((server) => stepLatency(of(server), step)),
    ]),
    notes: [
      'newNonce and newAccount: when the clients were registered, one after another. No p99 of fewer than 500 samples.',
    ],
  });
  report.record(setup.title, { setup, rounds: rounds.map(asRecord) });
}

interface Total {
  readonly key: string;
  readonly title: string;
  readonly value: (round: Round) => number;
}

const TOTALS: readonly Total[] = [
  { key: 'cpuMs', title: 'CPU ms an order', value: (round) => round.serverCpuMs / round.issued },
  { key: 'ordersPerSecond', title: 'orders/s', value: (round) => round.issued / round.seconds },
  { key: 'p50Ms', title: 'order p50 ms', value: ({ recorder }) => percentile(recorder.orderMs, 0.5) },
  { key: 'p90Ms', title: 'order p90 ms', value: ({ recorder }) => percentile(recorder.orderMs, 0.9) },
  { key: 'p99Ms', title: 'order p99 ms', value: ({ recorder }) => p99(recorder.orderMs) },
  { key: 'requests', title: 'requests an order', value: (round) => round.recorder.requests / round.issued },
  { key: 'loopP99Ms', title: 'event loop p99 ms', value: ({ loopDelay }) => loopDelay?.p99 ?? Number.NaN },
  { key: 'rssMb', title: 'highest RSS MB', value: (round) => round.rssMb },
  {
    key: 'generatorCpuMs',
    title: "generator's CPU ms an order",
    value: (round) => round.generatorCpuMs / round.issued,
  },
];

function stepLatency(rounds: readonly Round[], step: Step): string {
  const samples = samplesOf(rounds, step);
  return [percentile(samples, 0.5), percentile(samples, 0.9), p99(samples)].map(figure).join(' / ');
}

function samplesOf(rounds: readonly Round[], step: Step): readonly number[] {
  // All rounds of a setup share the one registration.
  const registrations = [...new Set(rounds.map(({ registration }) => registration))];
  return [...registrations, ...rounds.map(({ recorder }) => recorder)].flatMap(({ stepMs }) => stepMs[step]);
}

/** What went wrong, in sentences; nothing when nothing did. */
function problemsOf(rounds: readonly Round[]): readonly string[] {
  return rounds.flatMap(({ server, recorder, lost }) => [
    ...(recorder.failures.length === 0
      ? []
      : [
          `${server}: ${recorder.failures.length} orders failed; the first: ${oneLine(recorder.failures[0])}`,
        ]),
    ...(recorder.unanswered.length === 0
      ? []
      : [
          `${server}: ${recorder.unanswered.length} requests unanswered for 5 s, the first ${recorder.unanswered[0]}`,
        ]),
    ...(recorder.badNonces === 0 ? [] : [`${server}: ${recorder.badNonces} nonces were refused`]),
    ...(lost === undefined ? [] : [`${server} was given up: ${lost}`]),
  ]);
}

function oneLine(text = ''): string {
  return text.replace(/\s+/g, ' ').slice(0, 500);
}

function asRecord(round: Round) {
  const figures = Object.fromEntries(TOTALS.map(({ key, value }) => [key, value(round)]));
  const { failures, unanswered, badNonces } = round.recorder;
  return { server: round.server, ...figures, failures, unanswered: unanswered.length, badNonces };
}
