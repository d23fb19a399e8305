// The world outside the CA, run inside a network namespace: a DNS server and web servers that behave as told.
// Reads one JSON line: {"dns": {"addresses", "port", "zone"}, "servers": [{"address", "port", "behaviour", ...}]};
// prints {"ready": true} once everything listens, then one line for each connection accepted and each request seen.
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import dnsPacket from 'dns-packet';

const say = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);

function answerDns(zone, packet) {
  const query = dnsPacket.decode(packet);
  const [question] = query.questions;
  const records = zone[question.name] ?? {};
  const found = records[question.type];
  const rcodes = { SERVFAIL: 2, NXDOMAIN: 3 };
  // RFC 8020: a name above one that there is, is there too, if only without records.
  const exists =
    Object.keys(records).length > 0 || Object.keys(zone).some((name) => name.endsWith(`.${question.name}`));
  const rcode = typeof found === 'string' ? rcodes[found] : exists ? 0 : rcodes.NXDOMAIN;
  const answers = Array.isArray(found)
    ? found.map((data) => ({ name: question.name, type: question.type, ttl: 60, data }))
    : [];
  return dnsPacket.encode({
    type: 'response',
    id: query.id,
    flags: dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | rcode,
    questions: query.questions,
    answers,
  });
}

function serveDns({ addresses, port, zone }) {
  return addresses.map((address) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (packet, peer) => socket.send(answerDns(zone, packet), peer.port, peer.address));
    return new Promise((resolve) => socket.bind(port, address, resolve));
  });
}

const answers = {
  serve: (server, _request, response) => response.end(server.body),
  404: (_server, _request, response) => response.writeHead(404).end('nothing here'),
  redirect: (server, _request, response) => response.writeHead(302, { location: server.location }).end(),
};

function webServer(server) {
  if (server.behaviour === 'silent') return createServer((socket) => socket.on('error', () => {}));
  if (server.behaviour === 'reset') return createServer((socket) => socket.resetAndDestroy());
  return createHttpServer((request, response) => {
    say({
      request: { address: server.address, port: server.port, host: request.headers.host, url: request.url },
    });
    answers[server.behaviour](server, request, response);
  });
}

function serveWeb(server) {
  const listening = webServer(server);
  listening.on('connection', (socket) =>
    say({ accepted: { address: server.address, port: server.port, from: socket.remoteAddress } }),
  );
  return new Promise((resolve) =>
    listening.listen({ host: server.address, port: server.port, ipv6Only: true }, resolve),
  );
}

for await (const line of createInterface({ input: process.stdin })) {
  const world = JSON.parse(line);
  await Promise.all([...serveDns(world.dns), ...world.servers.map(serveWeb)]);
  say({ ready: true });
}
process.exit(0);
