import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { askOverTcp } from '../../src/dns/tcp-exchange.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

const ID = 0x0102;
const question = { name: 'a.test', type: 'A' } as const;

test('megabytes of empty messages before the answer take a fraction of the budget', async () => {
  const message = encode({
    type: 'response',
    id: ID,
    questions: [{ ...question, class: 'IN' }],
    answers: [{ name: 'a.test', type: 'A', class: 'IN', ttl: 60, data: '192.0.2.1' }],
  });
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(Buffer.concat([Buffer.alloc(4 * 1024 * 1024), Buffer.of(0, message.length), message]));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const result = await askOverTcp(
    {
      network: createSystemNetwork(systemTimer),
      timer: systemTimer,
      randomness: { bytes: () => Uint8Array.of(ID >> 8, ID & 255) },
    },
    { address: '127.0.0.1', port },
    question,
    2000,
    new AbortController().signal,
  );
  server.close();
  expect(result).toMatchObject({ kind: 'response', response: { records: [{ value: '192.0.2.1' }] } });
});
