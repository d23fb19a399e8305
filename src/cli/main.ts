import { Command, CommanderError, Option } from 'commander';
import { shellCommand } from '../application/program-files.ts';
import { readEnvironment } from './environment.ts';
import { exitCodeOf, messageOf } from './exit-code.ts';
import type { Output } from './output.ts';
import { processOutput } from './output.ts';
import { programVersion } from './program-files.ts';
import { helpOnKeys, hintAtSet } from './settings-help.ts';

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

/** Runs the command line; sets the exit code of the process: 0 done, 1 failed, 2 bad usage, 3 port or folder in use. */
export async function main(args: readonly string[]): Promise<void> {
  const environment = readEnvironment();
  const output = processOutput(environment.noColor);
  try {
    // Loaded for what takes settings, and its help, alone: the other commands start without the schema.
    const keys = ['serve', 'check'].some((command) => args.includes(command))
      ? (await import('../application/configuration.ts')).settingKeys
      : () => [];
    await createProgram(environment, output, keys).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    output.err(`touchstone: ${messageOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

function createProgram(
  environment: ReturnType<typeof readEnvironment>,
  output: Output,
  keys: () => readonly string[],
): Command {
  const program = new Command('touchstone')
    .description('The ACME certificate authority to test against and to look inside.')
    .version(programVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError(`(${shellCommand()} --help lists the commands and their flags)`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.out(text),
      writeErr: (text) => output.err(text),
      outputError: (text, write) => write(`touchstone: ${text.replace(/^error: /, '')}`),
    });
  const data = (): Option =>
    new Option('--data <dir>', 'the data folder').default(
      environment.dataFolder ?? 'touchstone-data',
      'touchstone-data, or what TOUCHSTONE_DATA names',
    );
  addServe(program, environment.configFile, data(), output, keys);
  addRoot(program, data(), output);
  addIssue(program, data(), output);
  addExplain(program, data(), output);
  addCheck(program, environment.configFile, output, keys);
  addVersion(program, output);
  return program;
}

function addServe(
  program: Command,
  configFile: string | undefined,
  data: Option,
  output: Output,
  keys: () => readonly string[],
): void {
  program
    .command('serve')
    .description('run the certificate authority until it is told to stop')
    .option('--config <file>', 'a configuration file: JSON, comments allowed (TOUCHSTONE_CONFIG)', configFile)
    .addOption(data)
    .option(
      '--set <key=value>',
      'set any configuration key by its dotted path, as listed below; repeatable, the last wins',
      collect,
    )
    .option(
      '--host <name=addr[,addr]>',
      'answer look-ups of a name with these addresses; repeatable',
      collect,
    )
    .option('--ready-file <file>', 'write a JSON file once the server listens')
    .option('--json', 'print one line of JSON instead of the guide')
    .addHelpText('after', () => helpOnKeys(keys()))
    .configureOutput({
      outputError: (text, write) => write(`touchstone: ${hintAtSet(text.replace(/^error: /, ''), keys())}`),
    })
    .action(async (options) => {
      const { serve } = await import('./serve-command.ts');
      await serve({ set: [], host: [], ...options }, output);
      // Node would wait for ever for a pipe that nobody reads.
      process.exit(0);
    });
}

function addRoot(program: Command, data: Option, output: Output): void {
  program
    .command('root')
    .description('print the root certificate that clients of issued certificates trust (PEM)')
    .addOption(data)
    .option('--json', 'print {"file", "pem"} as JSON')
    .action(async (options) => (await import('./root-command.ts')).root(options, output));
}

function addIssue(program: Command, data: Option, output: Output): void {
  program
    .command('issue')
    .description('obtain a certificate with the built-in ACME client, proving control by http-01')
    .argument('<name...>', 'names and addresses for the certificate')
    .addOption(data)
    .option('--server <url>', 'the directory of another ACME server')
    .option('--api-ca <file>', "PEM file to trust for the server's HTTPS")
    .option('--account-key <file>', 'account key to use (made when it is not there)')
    .option('--out <dir>', 'where NAME.pem and NAME.key go', '.')
    .option('--http-port <n>', 'port to answer http-01 on (default: the one that the server dials)')
    .option('--json', 'print the result, or the problem, as one line of JSON')
    .action(async (names: readonly string[], options) =>
      (await import('./issue-command.ts')).runIssue({ names, ...options }, output),
    );
}

function addExplain(program: Command, data: Option, output: Output): void {
  program
    .command('explain')
    .description(
      'tell what was looked up, dialled and answered for a challenge, an order or a name, and why it ended so',
    )
    .argument(
      '<what>',
      'a name, whose newest order is told, or order_N, authz_N, chal_N, cert_N or the URL of one',
    )
    .addOption(data)
    .option('--json', 'print what is known, and the stored records, as JSON')
    .action(async (what: string, options) =>
      (await import('./explain-command.ts')).explain(what, options, output),
    );
}

function addCheck(
  program: Command,
  configFile: string | undefined,
  output: Output,
  keys: () => readonly string[],
): void {
  program
    .command('check')
    .description(
      'do what the CA would do to validate a name, before there is an order, and tell what is in the way',
    )
    .argument('<name>', 'a name, a wildcard or an address')
    .addOption(
      new Option(
        '--type <type>',
        'how control would be proved (default: http-01, for a wildcard dns-01)',
      ).choices(['http-01', 'dns-01', 'tls-alpn-01']),
    )
    .addOption(
      new Option(
        '--policy <policy>',
        'the address policy, or all of them side by side (default: the configured one)',
      ).choices(['documented', 'boulder', 'every-hop', 'never', 'all']),
    )
    .option('--account <url>', 'the account that will ask, for CAA records with an accounturi')
    .option('--config <file>', 'a configuration file: JSON, comments allowed (TOUCHSTONE_CONFIG)', configFile)
    .option(
      '--set <key=value>',
      'set any configuration key, as `serve --help` lists them; repeatable',
      collect,
    )
    .option(
      '--host <name=addr[,addr]>',
      'answer look-ups of a name with these addresses; repeatable',
      collect,
    )
    .option('--json', 'print verdict, record and story as JSON')
    .configureOutput({
      outputError: (text, write) => write(`touchstone: ${hintAtSet(text.replace(/^error: /, ''), keys())}`),
    })
    .action(async (name: string, options) => {
      const { check } = await import('./check-command.ts');
      if (!(await check(name, { set: [], host: [], ...options }, output))) process.exitCode = 1;
    });
}

function addVersion(program: Command, output: Output): void {
  program
    .command('version')
    .description(
      'print the versions of the program and of what it runs on, as a report of a fault needs them',
    )
    .option('--json', 'print them as JSON')
    .action(async (options) => (await import('./version-command.ts')).version(options, output));
}
