import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TwoNamespaces } from './two-namespaces.ts';

/** What the cable carried: the connection attempts in order, each as `ADDRESS:PORT`, whatever became of them. */
export interface Wire {
  stop(): Promise<readonly string[]>;
}

/** Records every SYN that leaves the CA; one that is sent again after a loss counts once. */
export async function recordWire(namespaces: TwoNamespaces): Promise<Wire> {
  const child = namespaces.spawn('world', 'tcpdump', [
    '-i',
    'cable',
    '-n',
    '-l',
    '--immediate-mode',
    '-Q',
    'in',
    '(ip and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn) or (ip6 and ip6[6] == 6 and ip6[53] & 0x12 == 0x02)',
  ]);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const closed = once(child, 'close');
  await new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('listening on')) resolve();
    });
  });
  return {
    stop: async () => {
      child.kill('SIGINT');
      await closed;
      return attemptsOf(lines);
    },
  };
}

/** `IP6 2a0f:77::1.40112 > 2a0f:77::10.80: Flags [S], ...`: a connection is its two ends. */
function attemptsOf(lines: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const attempts: string[] = [];
  for (const line of lines) {
    const match = /IP6? (\S+) > (\S+)\.(\d+): Flags \[S/.exec(line);
    if (match === null || seen.has(match[0])) continue;
    seen.add(match[0]);
    const [, , address = '', port = ''] = match;
    attempts.push(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
  }
  return attempts;
}
