import type { DnsHandler, ReceivedQuery } from '../support/dns-server.ts';
import { answerFrom, answerMessage, rawRecord, record } from '../support/dns-server.ts';
import type { FailureCase } from './failure-case.ts';
import { FOLLOWS, HOST, ONLY_V4, V4 } from './failure-case.ts';
import { redirects } from './services.ts';

/** The name is found by all but one type of query, which ends otherwise. */
function butFor(type: string, handler: DnsHandler): DnsHandler {
  return (query) => (query.type === type ? handler(query) : {});
}

/** A well-formed answer with an address, to be spoilt. */
function answerTo(query: ReceivedQuery): Buffer {
  return answerMessage(query, { answers: [record(query.name, 'A', V4)] });
}

const NEVER: DnsHandler = () => ({ delay: 'never' });
const QUICKLY = { dnsTimeoutMs: 40 };

const NXDOMAIN: readonly FailureCase[] = [
  {
    what: 'the name does not exist',
    is: 'nxdomain',
    code: 'dns',
    detail:
      'DNS problem: NXDOMAIN looking up A for dual.test at 127.0.0.1:53 - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for dual.test at 127.0.0.1:53. Add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test nxdomain', 'AAAA dual.test nxdomain', 'plan nothing'],
    zone: {},
  },
  {
    what: 'the name is an alias of one that does not exist',
    is: 'nxdomain',
    code: 'dns',
    detail:
      'DNS problem: NXDOMAIN looking up A for dual.test (an alias of gone.test) at 127.0.0.1:53 - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for dual.test at 127.0.0.1:53. Correct the alias (CNAME) of dual.test, or add an A or AAAA record at gone.test, where it leads, or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test nxdomain', 'AAAA dual.test nxdomain', 'plan nothing'],
    zone: { [HOST]: { CNAME: ['gone.test'] } },
  },
  {
    what: 'a redirect leads to a name that does not exist',
    is: 'nxdomain',
    code: 'dns',
    detail:
      '127.0.0.1: Fetching http://gone.test:5002/x: DNS problem: NXDOMAIN looking up A for gone.test at 127.0.0.1:53 - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for gone.test at 127.0.0.1:53. Correct the redirect, or add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host gone.test=ADDRESS.',
    steps: [...FOLLOWS, 'A gone.test nxdomain', 'AAAA gone.test nxdomain', 'plan nothing'],
    servers: { [`${V4} http`]: redirects('http://gone.test/x') },
  },
];

const SERVFAIL: readonly FailureCase[] = [
  {
    what: 'the DNS server of the CA gets no usable answer',
    is: 'servfail',
    code: 'dns',
    detail:
      "DNS problem: SERVFAIL looking up A for dual.test at 127.0.0.1:53 - the domain's nameservers may be malfunctioning; DNS problem: SERVFAIL looking up AAAA for dual.test at 127.0.0.1:53. Check the name servers of the domain, the delegation to them, and DNSSEC: the DNS server of this CA gets no usable answer.",
    steps: ['A dual.test servfail', 'AAAA dual.test servfail', 'plan nothing'],
    dns: () => ({ rcode: 2 }),
  },
  {
    what: 'DNSSEC signatures have expired, and the DNS server says so',
    is: 'servfail',
    code: 'dns',
    detail:
      'DNS problem: SERVFAIL looking up A for dual.test at 127.0.0.1:53: the server says DNSSEC Bogus (extended error 6): signature expired; DNS problem: SERVFAIL looking up AAAA for dual.test at 127.0.0.1:53. Check the name servers of the domain, the delegation to them, and DNSSEC: the DNS server of this CA gets no usable answer.',
    steps: ['A dual.test servfail', 'AAAA dual.test servfail', 'plan nothing'],
    dns: () => ({ rcode: 2, extendedErrors: [{ code: 6, text: 'signature expired' }] }),
  },
  {
    what: 'there is no A record, and the look-up of AAAA fails',
    is: 'servfail',
    code: 'dns',
    detail:
      "no valid A records found for dual.test; DNS problem: SERVFAIL looking up AAAA for dual.test at 127.0.0.1:53 - the domain's nameservers may be malfunctioning. Check the name servers of the domain, the delegation to them, and DNSSEC: the DNS server of this CA gets no usable answer.",
    steps: ['A dual.test empty', 'AAAA dual.test servfail', 'plan nothing'],
    dns: butFor('AAAA', () => ({ rcode: 2 })),
  },
  {
    what: 'the name of a redirect cannot be looked up',
    is: 'servfail',
    code: 'dns',
    detail:
      "127.0.0.1: Fetching http://other.test:5002/x: DNS problem: SERVFAIL looking up A for other.test at 127.0.0.1:53 - the domain's nameservers may be malfunctioning; DNS problem: SERVFAIL looking up AAAA for other.test at 127.0.0.1:53. Check the name servers of the domain, the delegation to them, and DNSSEC: the DNS server of this CA gets no usable answer.",
    steps: [...FOLLOWS, 'A other.test servfail', 'AAAA other.test servfail', 'plan nothing'],
    dns: (query) => (query.name === 'other.test' ? { rcode: 2 } : answerFrom(ONLY_V4)(query)),
    servers: { [`${V4} http`]: redirects('http://other.test/x') },
  },
];

const TIMEOUT: readonly FailureCase[] = [
  {
    what: 'the DNS server answers nothing',
    is: 'dns-timeout',
    code: 'dns',
    detail:
      'DNS problem: query timed out looking up A for dual.test at 127.0.0.1:53; DNS problem: query timed out looking up AAAA for dual.test at 127.0.0.1:53. Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test timeout', 'AAAA dual.test timeout', 'plan nothing'],
    dns: NEVER,
    ...QUICKLY,
  },
  {
    what: 'there is no A record, and nobody answers about AAAA',
    is: 'dns-timeout',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; DNS problem: query timed out looking up AAAA for dual.test at 127.0.0.1:53. Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test empty', 'AAAA dual.test timeout', 'plan nothing'],
    dns: butFor('AAAA', NEVER),
    ...QUICKLY,
  },
  {
    what: 'the answer is truncated, and over TCP nothing comes',
    is: 'dns-timeout',
    code: 'dns',
    detail:
      'DNS problem: query timed out looking up A for dual.test at 127.0.0.1:53; DNS problem: query timed out looking up AAAA for dual.test at 127.0.0.1:53. Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test timeout', 'AAAA dual.test timeout', 'plan nothing'],
    dns: (query) => (query.transport === 'udp' ? { truncate: true } : { delay: 'never' }),
    ...QUICKLY,
  },
  {
    what: 'all answers have another id, as those of a spoofer',
    is: 'dns-timeout',
    code: 'dns',
    detail:
      'DNS problem: query timed out looking up A for dual.test at 127.0.0.1:53; DNS problem: query timed out looking up AAAA for dual.test at 127.0.0.1:53. Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test timeout', 'AAAA dual.test timeout', 'plan nothing'],
    dns: (query) => ({ raw: answerTo({ ...query, id: (query.id + 1) % 65_536 }) }),
    ...QUICKLY,
  },
  {
    what: 'all answers are about another name',
    is: 'dns-timeout',
    code: 'dns',
    detail:
      'DNS problem: query timed out looking up A for dual.test at 127.0.0.1:53; DNS problem: query timed out looking up AAAA for dual.test at 127.0.0.1:53. Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test timeout', 'AAAA dual.test timeout', 'plan nothing'],
    dns: (query) => ({ raw: answerTo({ ...query, name: 'other.test' }) }),
    ...QUICKLY,
  },
];

const ERROR: readonly FailureCase[] = [
  {
    what: 'the DNS server refuses to answer',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: REFUSED looking up A for dual.test at 127.0.0.1:53; DNS problem: REFUSED looking up AAAA for dual.test at 127.0.0.1:53. Check the DNS server that was asked, or let this CA ask another one (dns.servers).',
    steps: ['A dual.test refused', 'AAAA dual.test refused', 'plan nothing'],
    dns: () => ({ rcode: 5 }),
  },
  {
    what: 'the DNS server does not do such queries',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: NOTIMP looking up A for dual.test at 127.0.0.1:53; DNS problem: NOTIMP looking up AAAA for dual.test at 127.0.0.1:53. Check the DNS server that was asked, or let this CA ask another one (dns.servers).',
    steps: ['A dual.test other-rcode', 'AAAA dual.test other-rcode', 'plan nothing'],
    dns: () => ({ rcode: 4 }),
  },
  {
    what: 'an A record has three bytes',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: malformed answer looking up A for dual.test at 127.0.0.1:53: the answer is damaged: an A record is not 4 bytes long; no valid AAAA records found for dual.test. Check the DNS server that was asked, or let this CA ask another one (dns.servers).',
    steps: ['A dual.test malformed-answer', 'AAAA dual.test empty', 'plan nothing'],
    dns: butFor('A', ({ name }) => ({ answers: [rawRecord(name, 1, Buffer.from([192, 0, 2]))] })),
  },
  {
    what: 'the answer ends in the middle of its record',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: malformed answer looking up A for dual.test at 127.0.0.1:53: the answer is damaged: the message ends too early; no valid AAAA records found for dual.test. Check the DNS server that was asked, or let this CA ask another one (dns.servers).',
    steps: ['A dual.test malformed-answer', 'AAAA dual.test empty', 'plan nothing'],
    dns: butFor('A', (query) => ({ raw: answerTo(query).subarray(0, -6) })),
  },
  {
    what: "the record's name points at itself",
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: malformed answer looking up A for dual.test at 127.0.0.1:53: the answer is damaged: a name points forward; no valid AAAA records found for dual.test. Check the DNS server that was asked, or let this CA ask another one (dns.servers).',
    steps: ['A dual.test malformed-answer', 'AAAA dual.test empty', 'plan nothing'],
    dns: butFor('A', (query) => ({ raw: pointingAtItself(query) })),
  },
  {
    what: 'the name is an alias of itself',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: malformed answer looking up A for dual.test at 127.0.0.1:53: the CNAME of dual.test leads back to dual.test; no valid AAAA records found for dual.test. Correct that CNAME, or another one on the way from dual.test.',
    steps: ['A dual.test malformed-answer', 'AAAA dual.test empty', 'plan nothing'],
    dns: butFor('A', ({ name }) => ({ answers: [record(name, 'CNAME', name)] })),
  },
  {
    what: 'two names are aliases of each other',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: malformed answer looking up A for dual.test at 127.0.0.1:53: the CNAME of other.test leads back to dual.test; DNS problem: malformed answer looking up AAAA for dual.test at 127.0.0.1:53. Correct that CNAME, or another one on the way from dual.test.',
    steps: ['A dual.test malformed-answer', 'AAAA dual.test malformed-answer', 'plan nothing'],
    dns: () => ({ answers: [record(HOST, 'CNAME', 'other.test'), record('other.test', 'CNAME', HOST)] }),
  },
  {
    what: 'over TCP the connection ends before the answer does',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: networking error looking up A for dual.test at 127.0.0.1:53; no valid AAAA records found for dual.test. Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test network-error', 'AAAA dual.test empty', 'plan nothing'],
    dns: butFor('A', ({ transport }) =>
      transport === 'udp' ? { truncate: true } : { stream: Buffer.from([0, 40, 1, 2]) },
    ),
  },
  {
    what: 'no DNS server listens',
    is: 'dns-error',
    code: 'dns',
    detail:
      'DNS problem: networking error looking up A for dual.test at 127.0.0.1:53; DNS problem: networking error looking up AAAA for dual.test at 127.0.0.1:53. Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test network-error', 'AAAA dual.test network-error', 'plan nothing'],
    dns: 'closed',
  },
];

/** The answer's record with a compression pointer (RFC 1035 section 4.1.4) to the pointer itself. */
function pointingAtItself(query: ReceivedQuery): Buffer {
  const message = answerMessage(query, {});
  const at = message.length;
  message.writeUInt16BE(1, 6);
  const pointer = Buffer.alloc(2);
  pointer.writeUInt16BE(0xc000 | at);
  const rest = Buffer.from([0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([message, pointer, rest]);
}

const NO_ADDRESS: readonly FailureCase[] = [
  {
    what: 'the name exists, without addresses',
    is: 'no-address',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; no valid AAAA records found for dual.test. Add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test empty', 'AAAA dual.test empty', 'plan nothing'],
    zone: { [HOST]: { TXT: ['v=spf1 -all'] } },
  },
  {
    what: 'the name is an alias of one without addresses',
    is: 'no-address',
    code: 'dns',
    detail:
      'no valid A records found for dual.test (an alias of empty.test); no valid AAAA records found for dual.test. Correct the alias (CNAME) of dual.test, or add an A or AAAA record at empty.test, where it leads, or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test empty', 'AAAA dual.test empty', 'plan nothing'],
    zone: { [HOST]: { CNAME: ['empty.test'] }, 'empty.test': {} },
  },
  {
    what: 'a redirect leads to a name without addresses',
    is: 'no-address',
    code: 'dns',
    detail:
      '127.0.0.1: Fetching https://empty.test:5001/x: no valid A records found for empty.test; no valid AAAA records found for empty.test. Correct the redirect, or add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host empty.test=ADDRESS.',
    steps: [...FOLLOWS, 'A empty.test empty', 'AAAA empty.test empty', 'plan nothing'],
    zone: { ...ONLY_V4, 'empty.test': {} },
    servers: { [`${V4} http`]: redirects('https://empty.test/x') },
  },
  {
    what: 'the name has no address to show a certificate at',
    is: 'no-address',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; no valid AAAA records found for dual.test. Add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host dual.test=ADDRESS.',
    steps: ['A dual.test empty', 'AAAA dual.test empty', 'plan nothing'],
    zone: { [HOST]: {} },
    question: { challengeType: 'tls-alpn-01' },
  },
];

const NOT_ALLOWED: readonly FailureCase[] = [
  {
    what: 'the address is a loopback one, and reserved ones are not allowed',
    is: 'address-not-allowed',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; no valid AAAA records found for dual.test; 127.0.0.1 is not used (reserved: Loopback (RFC 1122 section 3.2.1.3)). Give the name a public address, or set validation.allowReservedAddresses=true for a lab with private ones.',
    steps: ['A dual.test answered', 'AAAA dual.test empty', 'plan nothing [127.0.0.1]'],
    settings: { allowReservedAddresses: false },
  },
  {
    what: 'both addresses are private, and reserved ones are not allowed',
    is: 'address-not-allowed',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; no valid AAAA records found for dual.test; fd00::1 is not used (reserved: Unique-Local (RFC 4193, RFC 8190)); 10.0.0.1 is not used (reserved: Private-Use (RFC 1918)). Give the name a public address, or set validation.allowReservedAddresses=true for a lab with private ones.',
    steps: ['A dual.test answered', 'AAAA dual.test answered', 'plan nothing [fd00::1, 10.0.0.1]'],
    zone: { [HOST]: { A: ['10.0.0.1'], AAAA: ['fd00::1'] } },
    settings: { allowReservedAddresses: false },
  },
  {
    what: 'there is IPv6 alone, and validation.ipv6 is false',
    is: 'address-not-allowed',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; no valid AAAA records found for dual.test; 2001:db8::1 is not used (validation.ipv6 is false). Give the name an IPv4 address, or set validation.ipv6=true.',
    steps: ['A dual.test empty', 'AAAA dual.test answered', 'plan nothing [2001:db8::1]'],
    zone: { [HOST]: { AAAA: ['2001:db8::1'] } },
    settings: { ipv6: false },
  },
  {
    what: 'the AAAA record has an IPv4-mapped address',
    is: 'address-not-allowed',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; no valid AAAA records found for dual.test; ::ffff:c000:201 is not used (reserved: IPv4-mapped Address (RFC 4291)). Put the IPv4 address into an A record: an IPv4-mapped address in an AAAA record never leads over IPv6.',
    steps: ['A dual.test empty', 'AAAA dual.test answered', 'plan nothing [::ffff:c000:201]'],
    zone: { [HOST]: { AAAA: ['::ffff:192.0.2.1'] } },
  },
  {
    what: 'dns.hosts has a private address, and reserved ones are not allowed',
    is: 'address-not-allowed',
    code: 'dns',
    detail:
      'no valid A records found for dual.test; no valid AAAA records found for dual.test; 192.168.1.1 is not used (reserved: Private-Use (RFC 1918)). Give the name a public address with --host dual.test=ADDRESS, or set validation.allowReservedAddresses=true for a lab with private ones.',
    steps: ['A dual.test answered', 'AAAA dual.test empty', 'plan nothing [192.168.1.1]'],
    hosts: { [HOST]: ['192.168.1.1'] },
    settings: { allowReservedAddresses: false },
  },
  {
    what: 'a redirect leads to a name with IPv6 alone, and validation.ipv6 is false',
    is: 'address-not-allowed',
    code: 'dns',
    detail:
      '127.0.0.1: Fetching http://inside.test:5002/x: no valid A records found for inside.test; no valid AAAA records found for inside.test; 2001:db8::1 is not used (validation.ipv6 is false). Give the name an IPv4 address, or set validation.ipv6=true.',
    steps: [...FOLLOWS, 'A inside.test empty', 'AAAA inside.test answered', 'plan nothing [2001:db8::1]'],
    zone: { ...ONLY_V4, 'inside.test': { AAAA: ['2001:db8::1'] } },
    servers: { [`${V4} http`]: redirects('http://inside.test/x') },
    settings: { ipv6: false },
  },
  {
    what: 'an IP identifier is private, and reserved addresses are not allowed',
    is: 'address-not-allowed',
    code: 'dns',
    detail:
      '10.0.0.1 is not used (reserved: Private-Use (RFC 1918)). Set validation.allowReservedAddresses=true, for a lab.',
    steps: ['plan nothing [10.0.0.1]'],
    question: { identifier: { type: 'ip', value: '10.0.0.1' } },
    settings: { allowReservedAddresses: false },
  },
];

export const DNS_CASES: readonly FailureCase[] = [
  ...NXDOMAIN,
  ...SERVFAIL,
  ...TIMEOUT,
  ...ERROR,
  ...NO_ADDRESS,
  ...NOT_ALLOWED,
];
