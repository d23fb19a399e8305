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
}

/** One thing to try: what it shows, and the command to paste. */
export interface FirstStep {
  readonly title: string;
  readonly command: string;
}

/** The commands that a newcomer can paste into a second terminal, as an ordinary user, in any folder. */
export function firstSteps(facts: ServerFacts): readonly FirstStep[] {
  const touchstone = `${facts.program} %s --data ${shellWord(facts.dataFolder)}`;
  const certbotFolder = (name: string): string => shellWord(`${facts.dataFolder}/certbot/${name}`);
  const trust =
    facts.apiCa === undefined ? '' : `REQUESTS_CA_BUNDLE=${shellWord(facts.apiCa)} NO_PROXY=localhost `;
  const curlTrust = facts.apiCa === undefined ? '' : `--cacert ${shellWord(facts.apiCa)} `;
  return [
    {
      title: 'Get a certificate with the built-in client',
      command: touchstone.replace('%s', 'issue first.localhost'),
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
    {
      title: 'Look at the directory',
      command: `curl ${curlTrust}--noproxy localhost ${facts.directory.localhost}`,
    },
    {
      title: 'Ask why the CA decided as it did',
      command: touchstone.replace('%s', 'explain first.localhost'),
    },
  ];
}
