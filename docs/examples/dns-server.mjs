// A DNS server for lessons, on 127.0.0.1 and ::1. The file of records is read anew at each question:
//   { "www.lab.test": { "A": ["127.0.0.1"], "TXT": ["any text"], "CAA": ["0 issue \"touchstone.test\""] } }
import { createSocket } from 'node:dgram';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet';

const USAGE = `Usage: node docs/examples/dns-server.mjs FILE PORT                  answer with the records in FILE
       node docs/examples/dns-server.mjs FILE add NAME TYPE VALUE   put a record into FILE
       node docs/examples/dns-server.mjs FILE remove NAME TYPE      take the records of a type out
TYPE is A, AAAA, CNAME, TXT or CAA (VALUE as in '0 issue "touchstone.test"').`;
const CAA = /^(\d+) (\w+) "(.*)"$/;
const NXDOMAIN = 3;

const [file = '', command = '', name = '', type = '', value = ''] = process.argv.slice(2);
const writable = type === 'CAA' ? CAA.test(value) : /^(A|AAAA|CNAME|TXT)$/.test(type) && value !== '';
if (command === 'add' && writable) change((values) => [...values, value]);
else if (command === 'remove' && type !== '') change(() => []);
else if (/^\d+$/.test(command)) for (const address of ['127.0.0.1', '::1']) serve(address, Number(command));
else {
  console.error(USAGE);
  process.exitCode = 2;
}

function change(replace) {
  const records = JSON.parse(readFileSync(file, 'utf8'));
  const owner = plain(name);
  records[owner] = { ...records[owner], [type]: replace(records[owner]?.[type] ?? []) };
  // In one step, so that the server never reads half a file.
  writeFileSync(`${file}.new`, `${JSON.stringify(records, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  console.log(`${type} of ${owner}: ${records[owner][type].join(', ') || 'none'}`);
}

function serve(address, port) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => socket.send(reply(decode(message)), from.port, from.address));
  socket.bind(port, address, () => console.log(`Answering at ${address}, port ${port}, from ${file}`));
}

function reply({ id, questions: [question] }) {
  const records = JSON.parse(readFileSync(file, 'utf8'));
  const asked = plain(question.name);
  // A name exists also where only names below it have records (RFC 8020): then the answer is empty, not NXDOMAIN.
  const exists = Object.keys(records).some((owner) => owner === asked || owner.endsWith(`.${asked}`));
  const type = records[asked]?.CNAME?.length > 0 ? 'CNAME' : question.type;
  const found = records[asked]?.[type] ?? [];
  console.log(`${question.type} ${asked}: ${found.join(', ') || (exists ? 'none' : 'no such name')}`);
  const answers = found.map((text) => ({ type, name: question.name, ttl: 1, data: data(type, text) }));
  const flags = exists ? AUTHORITATIVE_ANSWER : AUTHORITATIVE_ANSWER | NXDOMAIN;
  return encode({ type: 'response', id, flags, questions: [question], answers });
}

function data(type, text) {
  const [, flags, tag, property] = (type === 'CAA' && CAA.exec(text)) || [];
  return tag === undefined ? text : { flags: Number(flags), tag, value: property };
}

function plain(name) {
  return name.toLowerCase().replace(/\.$/, '');
}
