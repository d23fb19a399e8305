import type { DirectoryUrls } from './directory-urls.ts';
import { shellWord } from './shell-word.ts';

/** What a newcomer needs to know of a running server. Paths are absolute. */
export interface ServerFacts {
  readonly directory: DirectoryUrls;
  readonly apiCa: string | undefined;
  readonly rootCa: string;
  readonly dataFolder: string;
  /** The command that runs this program, as it can be pasted. */
  readonly program: string;
  readonly httpPort: number;
  /** The page for people. */
  readonly page: string;
  /** Where the issuing certificate is served, which is what issued certificates name. */
  readonly publication: string;
  /** The value of acme.addresses that keeps the server on this machine; undefined when it is not listened on everywhere. */
  readonly loopbackAddresses: string | undefined;
  /** The setting, with its value, under which names below localhost cannot be proved. */
  readonly localNamesRefusedBy: string | undefined;
}

/** One thing to try: what it shows, and the command to paste. */
export interface FirstStep {
  readonly title: string;
  readonly command: string;
}

/** What a newcomer should know beside the addresses and the commands. */
export function firstNotes(facts: ServerFacts): readonly string[] {
  const { loopbackAddresses, localNamesRefusedBy } = facts;
  return [
    ...(loopbackAddresses === undefined
      ? []
      : [
          `It listens on all interfaces. To keep it on this machine, start it with --set acme.addresses=${loopbackAddresses}`,
        ]),
    ...(localNamesRefusedBy === undefined
      ? []
      : [
          `${localNamesRefusedBy} refuses first.localhost, the name of a first try; order public names that lead to your client.`,
        ]),
  ];
}

/**
 * The commands that a newcomer can paste into a second terminal, as an ordinary user, in any folder. Where the settings
 * refuse their name, those that need it are left out: no other name is known to work.
 */
export function firstSteps(facts: ServerFacts): readonly FirstStep[] {
  const touchstone = (words: string): string =>
    `${facts.program} ${words} --data ${shellWord(facts.dataFolder)}`;
  const certbotFolder = (name: string): string => shellWord(`${facts.dataFolder}/certbot/${name}`);
  const trust =
    facts.apiCa === undefined ? '' : `REQUESTS_CA_BUNDLE=${shellWord(facts.apiCa)} NO_PROXY=localhost `;
  const curlTrust = facts.apiCa === undefined ? '' : `--cacert ${shellWord(facts.apiCa)} `;
  const look = {
    title: 'Look at the directory',
    command: `curl ${curlTrust}--noproxy localhost ${facts.directory.localhost}`,
  };
  if (facts.localNamesRefusedBy !== undefined) return [look];
  return [
    {
      title: 'Get a certificate with the built-in client',
      // Not into the working directory, which may be a clone that a key has no place in.
      command: `${touchstone('issue first.localhost')} --out ${shellWord(`${facts.dataFolder}/certificates`)}`,
    },
    {
      title: 'Get one with certbot',
      command: [
        `${trust}certbot certonly --standalone --http-01-port ${facts.httpPort}`,
        `--server ${facts.directory.localhost}`,
        `--config-dir ${certbotFolder('config')}`,
        `--work-dir ${certbotFolder('work')}`,
        `--logs-dir ${certbotFolder('logs')}`,
        '--non-interactive --agree-tos --register-unsafely-without-email -d first.localhost',
      ].join(' \\\n  '),
    },
    look,
    {
      title: 'Ask why the CA decided as it did',
      command: touchstone('explain first.localhost'),
    },
  ];
}
