import type { ChildProcessByStdio } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Addresses of the world's side. They look public, and exist only inside the two namespaces. */
export const WORLD = {
  ipv4: '9.77.0.10',
  ipv6: '2a0f:77::10',
  otherIpv4: '9.77.0.11',
  otherIpv6: '2a0f:77::11',
  thirdIpv6: '2a0f:77::12',
  dnsIpv4: '9.77.0.53',
  dnsIpv6: '2a0f:77::53',
} as const;

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Rules of nft for packets that reach the world: dropped or rejected in `input`, redirected in `prerouting`. */
export interface PacketRules {
  readonly input?: readonly string[];
  readonly prerouting?: readonly string[];
}

/** Two network namespaces joined by one cable: the CA on one side, the world on the other. */
export interface TwoNamespaces {
  /** What `ip netns` calls the two sides. */
  readonly names: { readonly ca: string; readonly world: string };
  /** Starts a program on a side; it is ended with the namespaces at the latest. */
  spawn(side: 'ca' | 'world', command: string, args: readonly string[]): Child;
  /** Puts nft rules in place of all earlier ones on the world's side. */
  filter(rules: PacketRules): void;
  remove(): Promise<void>;
}

/** Makes the namespaces; needs root. */
export function createTwoNamespaces(): TwoNamespaces {
  const names = { ca: `touchstone-ca-${process.pid}`, world: `touchstone-world-${process.pid}` } as const;
  const children = new Set<Child>();
  const ip = (...args: readonly string[]): void => void execFileSync('ip', args);
  for (const name of Object.values(names)) ip('netns', 'add', name);
  ip(
    'link',
    'add',
    'cable',
    'netns',
    names.ca,
    'type',
    'veth',
    'peer',
    'name',
    'cable',
    'netns',
    names.world,
  );
  const address = (side: 'ca' | 'world', value: string): void =>
    ip('-n', names[side], 'address', 'add', value, 'dev', 'cable', ...(value.includes(':') ? ['nodad'] : []));
  address('ca', '9.77.0.1/24');
  address('ca', '2a0f:77::1/64');
  for (const value of Object.values(WORLD)) address('world', `${value}/${value.includes(':') ? 64 : 24}`);
  for (const name of Object.values(names)) {
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', 'cable', 'up');
  }
  return {
    names,
    spawn: (side, command, args) => {
      const child = spawn('ip', ['netns', 'exec', names[side], command, ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    filter: ({ input = [], prerouting = [] }) => {
      const table = [
        'flush ruleset',
        'table inet lab {',
        'chain input {',
        'type filter hook input priority 0;',
        ...input,
        '}',
        'chain prerouting {',
        'type nat hook prerouting priority dstnat;',
        ...prerouting,
        '}',
        '}',
      ];
      execFileSync('ip', ['netns', 'exec', names.world, 'nft', '-f', '-'], { input: table.join('\n') });
    },
    remove: async () => {
      await Promise.all(
        [...children].map((child) => {
          child.kill('SIGKILL');
          return once(child, 'exit');
        }),
      );
      for (const name of Object.values(names)) ip('netns', 'del', name);
    },
  };
}

/** Parses a child's standard output, one JSON value a line, as it comes. */
export async function* jsonLines(child: Child): AsyncGenerator<Readonly<Record<string, unknown>>> {
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
}
