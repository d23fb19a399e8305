import type { AddressPolicy } from '../../../src/protocol/address-family-rule.ts';
import type { PacketRules } from './two-namespaces.ts';
import { WORLD } from './two-namespaces.ts';

const { ipv4: V4, ipv6: V6, otherIpv4: OTHER_V4, otherIpv6: OTHER_V6, thirdIpv6: THIRD_V6 } = WORLD;

export type Behaviour =
  | { readonly behaviour: 'serve' }
  | { readonly behaviour: '404' | 'reset' | 'silent' }
  | { readonly behaviour: 'redirect'; readonly location: string };

export type WebServer = { readonly address: string; readonly port: number } & Behaviour;

/** What must come of a scenario: the connection attempts on the wire, and the verdict. */
export interface Outcome {
  readonly wire: readonly string[];
  /** Absent when the validation passes; else the ACME error type and words that the detail must hold. */
  readonly problem?: { readonly code: string; readonly says: readonly string[] };
}

/** `dual.example` has V6 and V4, unless `zone` says otherwise. */
export interface Scenario {
  readonly id: string;
  readonly setup: string;
  readonly zone?: Readonly<Record<string, Readonly<Record<string, readonly string[] | string>>>>;
  readonly packets?: PacketRules;
  readonly servers: readonly WebServer[];
  readonly allowReservedAddresses?: boolean;
  /** 1000 unless given. An ICMP message that comes back within connect() counts only when the SYN is sent again, a second later. */
  readonly connectTimeoutMs?: number;
  readonly outcomes: Readonly<Partial<Record<AddressPolicy, Outcome>>>;
}

const DUAL = { A: [V4], AAAA: [V6] };
const six = (address: string, port = 80): string => `[${address}]:${port}`;
const four = (address: string, port = 80): string => `${address}:${port}`;
const drop = (address: string, port: number): string =>
  `${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} tcp dport ${port} drop`;

const serve = (address: string): WebServer => ({ address, port: 80, behaviour: 'serve' });
const answer = (address: string, behaviour: '404' | 'reset' | 'silent'): WebServer => ({
  address,
  port: 80,
  behaviour,
});
const redirect = (address: string, location: string): WebServer => ({
  address,
  port: 80,
  behaviour: 'redirect',
  location,
});

const HTTPS_SELF = 'https://dual.example/elsewhere';
const timedOut = (address: string): NonNullable<Outcome['problem']> => ({
  code: 'connection',
  says: [address, 'Timeout during connect'],
});
const refusedAt = (address: string): NonNullable<Outcome['problem']> => ({
  code: 'connection',
  says: [address, 'Connection refused'],
});
const both = (outcome: Outcome): Scenario['outcomes'] => ({ documented: outcome, boulder: outcome });

/** The http-01 scenarios in which the running CA's code and its documentation are compared, by their usual numbers. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'S1',
    setup: 'IPv6 refuses, IPv4 serves',
    servers: [serve(V4)],
    outcomes: {
      documented: { wire: [six(V6)], problem: refusedAt(V6) },
      boulder: { wire: [six(V6), four(V4)] },
    },
  },
  {
    id: 'S1 by nft',
    setup: 'IPv6 is rejected with a reset by a packet filter, IPv4 serves',
    servers: [serve(V6), serve(V4)],
    packets: { input: [`ip6 daddr ${V6} tcp dport 80 reject with tcp reset`] },
    outcomes: {
      documented: { wire: [six(V6)], problem: refusedAt(V6) },
      boulder: { wire: [six(V6), four(V4)] },
    },
  },
  {
    id: 'S1 by ICMP',
    setup: 'IPv6 is rejected as administratively prohibited, as firewalld does it, IPv4 serves',
    servers: [serve(V6), serve(V4)],
    packets: { input: [`ip6 daddr ${V6} tcp dport 80 reject with icmpx type admin-prohibited`] },
    connectTimeoutMs: 5000,
    outcomes: {
      documented: {
        wire: [six(V6)],
        problem: { code: 'connection', says: [V6, 'administratively prohibited', 'Make the firewall of'] },
      },
      boulder: { wire: [six(V6), four(V4)] },
    },
  },
  {
    id: 'S2',
    setup: 'IPv6 is dropped, IPv4 serves',
    servers: [serve(V6), serve(V4)],
    packets: { input: [drop(V6, 80)] },
    outcomes: {
      ...both({ wire: [six(V6), four(V4)] }),
      never: { wire: [six(V6)], problem: timedOut(V6) },
      'every-hop': { wire: [six(V6), four(V4)] },
    },
  },
  {
    id: 'S3',
    setup: 'IPv6 answers 404, IPv4 serves',
    servers: [answer(V6, '404'), serve(V4)],
    outcomes: both({
      wire: [six(V6)],
      problem: { code: 'unauthorized', says: [V6, 'Invalid response', '404'] },
    }),
  },
  {
    id: 'S3 by nft',
    setup: 'a packet filter redirects IPv6 to a port whose server answers 404, IPv4 serves',
    servers: [{ address: V6, port: 8080, behaviour: '404' }, serve(V4)],
    packets: { prerouting: [`ip6 daddr ${V6} tcp dport 80 dnat ip6 to [${V6}]:8080`] },
    outcomes: both({
      wire: [six(V6)],
      problem: { code: 'unauthorized', says: [V6, 'Invalid response', '404'] },
    }),
  },
  {
    id: 'S4',
    setup: 'IPv6 accepts and resets, IPv4 serves',
    servers: [answer(V6, 'reset'), serve(V4)],
    outcomes: both({ wire: [six(V6)], problem: { code: 'connection', says: [V6, 'reset'] } }),
  },
  {
    id: 'S5',
    setup: 'IPv6 accepts and stays silent, IPv4 serves',
    servers: [answer(V6, 'silent'), serve(V4)],
    outcomes: both({ wire: [six(V6)], problem: { code: 'connection', says: [V6, 'Timeout after connect'] } }),
  },
  {
    id: 'S6',
    setup: 'both redirect to https on the same name, whose IPv6 refuses there',
    servers: [redirect(V6, HTTPS_SELF), redirect(V4, HTTPS_SELF)],
    outcomes: {
      documented: { wire: [six(V6), six(V6, 443)], problem: refusedAt(V6) },
      boulder: {
        wire: [six(V6), six(V6, 443), four(V4)],
        problem: { code: 'connection', says: [V4, 'Fetching https://', 'Redirect loop detected'] },
      },
    },
  },
  {
    id: 'S7',
    setup: 'as S6, and IPv4 serves',
    servers: [redirect(V6, HTTPS_SELF), serve(V4)],
    outcomes: {
      documented: { wire: [six(V6), six(V6, 443)], problem: refusedAt(V6) },
      boulder: { wire: [six(V6), six(V6, 443), four(V4)] },
    },
  },
  {
    id: 'S8',
    setup: 'as S6, and IPv4 redirects to another URL on the same name',
    servers: [redirect(V6, HTTPS_SELF), redirect(V4, 'https://dual.example/other')],
    outcomes: {
      documented: { wire: [six(V6), six(V6, 443)], problem: refusedAt(V6) },
      boulder: { wire: [six(V6), six(V6, 443), four(V4), six(V6, 443)], problem: refusedAt(V6) },
    },
  },
  {
    id: 'S9',
    setup: "the document's example: IPv6 is dropped on both ports, IPv4 redirects to https",
    servers: [redirect(V4, HTTPS_SELF)],
    packets: { input: [drop(V6, 80), drop(V6, 443)] },
    outcomes: both({ wire: [six(V6), four(V4), six(V6, 443)], problem: timedOut(V6) }),
  },
  {
    id: 'S10',
    setup: 'a name with IPv4 alone redirects to a dual one whose IPv6 is dropped',
    zone: { 'dual.example': { A: [OTHER_V4] }, 'target.example': DUAL },
    servers: [redirect(OTHER_V4, 'http://target.example/there'), serve(V4)],
    packets: { input: [drop(V6, 80)] },
    outcomes: both({ wire: [four(OTHER_V4), six(V6)], problem: timedOut(V6) }),
  },
  {
    id: 'S11',
    setup: 'a dual name redirects to one with IPv4 alone that refuses; its own IPv4 serves',
    zone: { 'dual.example': DUAL, 'target.example': { A: [OTHER_V4] } },
    servers: [redirect(V6, 'http://target.example/there'), serve(V4)],
    outcomes: {
      documented: { wire: [six(V6), four(OTHER_V4)], problem: refusedAt(OTHER_V4) },
      boulder: { wire: [six(V6), four(OTHER_V4), four(V4)] },
    },
  },
  {
    id: 'S12',
    setup: 'the AAAA look-up fails with SERVFAIL, A is fine',
    zone: { 'dual.example': { A: [V4], AAAA: 'SERVFAIL' } },
    servers: [serve(V4)],
    outcomes: both({ wire: [four(V4)] }),
  },
  {
    id: 'S13',
    setup: 'the AAAA address is reserved, the A address is public',
    zone: { 'dual.example': { A: [V4], AAAA: ['fd00::10'] } },
    servers: [serve(V4)],
    allowReservedAddresses: false,
    outcomes: both({ wire: [four(V4)] }),
  },
  {
    id: 'S17',
    setup: 'two AAAA addresses, the first is dropped, the second serves; no A',
    zone: { 'dual.example': { AAAA: [OTHER_V6, THIRD_V6] } },
    servers: [serve(THIRD_V6)],
    packets: { input: [drop(OTHER_V6, 80)] },
    outcomes: both({ wire: [six(OTHER_V6)], problem: timedOut(OTHER_V6) }),
  },
];
