import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { TRANSPORTS } from './load/channel.ts';
import type { BenchOptions, Scenario } from './scenarios/scenario.ts';

/** Bad arguments: exit code 2. */
export class UsageError extends Error {}

export interface ParsedArguments {
  readonly options: BenchOptions;
  readonly scenarios: readonly Scenario[];
  /** False with `--no-pebble`. */
  readonly pebble: boolean;
  readonly jsonFile?: string;
  readonly markdownFile?: string;
}

const FLAGS = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  clients: { type: 'string' },
  names: { type: 'string' },
  orders: { type: 'string' },
  pairs: { type: 'string' },
  'warm-up': { type: 'string' },
  transport: { type: 'string' },
  'no-pebble': { type: 'boolean' },
  'node-arguments': { type: 'string' },
  profile: { type: 'string' },
  json: { type: 'string' },
  markdown: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line. Throws UsageError with a text that says what to type instead. */
export function parseArguments(
  args: readonly string[],
  known: readonly Scenario[],
): ParsedArguments | 'help' {
  const flags = readFlags(args);
  if (flags.help === true) return 'help';
  const clients = flags.clients?.split(',').map((text) => positiveInteger('--clients', text));
  const number = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : positiveInteger(flag, text);
  const names = number('--names', flags.names);
  const orders = number('--orders', flags.orders);
  const pairs = number('--pairs', flags.pairs);
  const warmUp = number('--warm-up', flags['warm-up']);
  return {
    options: {
      quick: flags.quick === true,
      transport: transportOf(flags.transport),
      nodeArguments: (flags['node-arguments'] ?? '').split(' ').filter((text) => text !== ''),
      ...(clients === undefined ? {} : { clients }),
      ...(names === undefined ? {} : { names }),
      ...(orders === undefined ? {} : { orders }),
      ...(pairs === undefined ? {} : { pairs }),
      ...(warmUp === undefined ? {} : { warmUp }),
      ...(flags.profile === undefined ? {} : { profile: resolve(flags.profile) }),
    },
    scenarios: chosen(flags.only, known),
    pebble: flags['no-pebble'] !== true,
    ...(flags.json === undefined ? {} : { jsonFile: resolve(flags.json) }),
    ...(flags.markdown === undefined ? {} : { markdownFile: resolve(flags.markdown) }),
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${message}\nnpm run bench -- --help lists the flags.`);
  }
}

function positiveInteger(flag: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`${flag} takes numbers from 1 to 999999, and ${JSON.stringify(text)} is none.`);
}

function transportOf(text: string | undefined): BenchOptions['transport'] {
  if (text === undefined) return 'https';
  const transport = TRANSPORTS.find((one) => one === text);
  if (transport !== undefined) return transport;
  throw new UsageError(`--transport takes ${TRANSPORTS.join(' or ')}, and not ${JSON.stringify(text)}.`);
}

function chosen(only: string | undefined, known: readonly Scenario[]): readonly Scenario[] {
  if (only === undefined) return known.filter(({ usual }) => usual);
  return only.split(',').map((name) => {
    const scenario = known.find((one) => one.name === name);
    if (scenario !== undefined) return scenario;
    const names = known.map((one) => one.name).join(', ');
    throw new UsageError(`--only ${JSON.stringify(name)} is no scenario. There are: ${names}.`);
  });
}

export function helpText(known: readonly Scenario[]): string {
  const width = Math.max(...known.map(({ name }) => name.length));
  const scenarios = known.map(
    ({ name, summary, usual }) => `  ${name.padEnd(width)}  ${summary}${usual ? '' : ' (only when named)'}`,
  );
  return `npm run bench -- [flags]

Measures the build of this checkout, and Pebble in turn with it where the program \`pebble\` is in PATH. Linux only.

  --quick              a look in less than a minute; its figures prove nothing
  --only NAME,...      these scenarios
  --clients N,...      these numbers of clients
  --names N            names an order for the clients of --clients (default 1; issuance)
  --orders N           orders in each round
  --pairs N            rounds of each server (default 3; of the start, 7)
  --warm-up N          orders of each server before the rounds (default 4000 in issuance, 400 elsewhere)
  --transport NAME     the clients' HTTP: https (node:https; default), or raw (by hand, a third of the generator's CPU)
  --no-pebble          our server alone
  --node-arguments='ARG ...'
                   more arguments for the node that runs our server
  --profile DIR        profile our server's CPU into DIR and print where it went; the figures are then too high
  --json FILE          write all figures
  --markdown FILE      write the tables
  --help               this text

Scenarios:
${scenarios.join('\n')}
`;
}
