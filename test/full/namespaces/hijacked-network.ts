import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Child, TwoNamespaces } from './two-namespaces.ts';
import { createTwoNamespaces, WORLD } from './two-namespaces.ts';

/** Addresses of the CA's host whose packets reach the world, and those whose packets are led astray. */
export const TRUE_SOURCES = [2, 3, 4].map(sourceEnding);
export const ASTRAY_SOURCES = [102, 103, 104].map(sourceEnding);

function sourceEnding(last: number) {
  return { sourceIpv4: `9.77.0.${last}`, sourceIpv6: `2a0f:77::${last}` } as const;
}

/** The CA and the world, and a hijacker who has the world's addresses at the end of a cable of its own. */
export interface HijackedNetwork {
  spawn(side: 'ca' | 'world' | 'hijacker', command: string, args: readonly string[]): Child;
  remove(): Promise<void>;
}

/** Makes the namespaces; needs root. Policy routing by source address decides which packets go astray. */
export function createHijackedNetwork(): HijackedNetwork {
  const namespaces = createTwoNamespaces();
  const hijacker = `touchstone-hijacker-${process.pid}`;
  const children = new Set<Child>();
  const { ca } = namespaces.names;
  ip('netns', 'add', hijacker);
  ip(
    ...['link', 'add', 'astray', 'netns', ca, 'type', 'veth'],
    ...['peer', 'name', 'cable', 'netns', hijacker],
  );
  for (const value of Object.values(WORLD)) addAddress(hijacker, 'cable', value, subnetBits(value));
  for (const { sourceIpv4, sourceIpv6 } of TRUE_SOURCES) {
    addAddress(ca, 'cable', sourceIpv4, 32);
    addAddress(ca, 'cable', sourceIpv6, 128);
  }
  for (const name of ['lo', 'cable']) ip('-n', hijacker, 'link', 'set', name, 'up');
  ip('-n', ca, 'link', 'set', 'astray', 'up');
  leadAstray(namespaces);
  return {
    spawn: (side, command, args) => {
      if (side !== 'hijacker') return namespaces.spawn(side, command, args);
      const child = spawn('ip', ['netns', 'exec', hijacker, command, ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    remove: async () => {
      await Promise.all(
        [...children].map((child) => {
          child.kill('SIGKILL');
          return once(child, 'exit');
        }),
      );
      ip('netns', 'del', hijacker);
      await namespaces.remove();
    },
  };
}

const TABLE = '77';

function leadAstray({ names: { ca } }: TwoNamespaces): void {
  // An answer by the other cable than the one that the main table names would be dropped.
  for (const name of ['all', 'cable', 'astray'])
    execFileSync('ip', ['netns', 'exec', ca, 'sysctl', '-qw', `net.ipv4.conf.${name}.rp_filter=0`]);
  for (const { sourceIpv4, sourceIpv6 } of ASTRAY_SOURCES) {
    addAddress(ca, 'astray', sourceIpv4, 32);
    addAddress(ca, 'astray', sourceIpv6, 128);
    ip('-n', ca, 'rule', 'add', 'from', sourceIpv4, 'lookup', TABLE);
    ip('-n', ca, '-6', 'rule', 'add', 'from', sourceIpv6, 'lookup', TABLE);
  }
  ip('-n', ca, 'route', 'add', '9.77.0.0/24', 'dev', 'astray', 'table', TABLE);
  ip('-n', ca, '-6', 'route', 'add', '2a0f:77::/64', 'dev', 'astray', 'table', TABLE);
}

/** Those of one host alone are used only where they are asked for. */
function addAddress(namespace: string, device: string, value: string, bits: number): void {
  // Without the search for a double, which would make binding fail for a second or two.
  const options = value.includes(':') ? ['nodad', ...(bits === 128 ? ['preferred_lft', '0'] : [])] : [];
  ip('-n', namespace, 'address', 'add', `${value}/${bits}`, 'dev', device, ...options);
}

function subnetBits(address: string): number {
  return address.includes(':') ? 64 : 24;
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args);
}
