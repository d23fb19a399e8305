import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { validationSchema } from '../../src/validation/validation-config.ts';
import { createValidator } from '../../src/validation/validator.ts';
import { questionFor, tableResolver, WITHOUT_CAA } from '../support/validation-lab.ts';
import { startRawServer } from '../support/web-server.ts';

const HOST = '127.0.0.1';
const ZONE = { 'dual.test': { A: [HOST] } };
const QUESTION = { ...questionFor(), challengeType: 'tls-alpn-01' } as const;

test('a connection of tls-alpn-01 counts among the dials until it is closed', async () => {
  const open: Socket[] = [];
  const server = await startRawServer(HOST, 0, (socket) => void open.push(socket.resume()));
  onTestFinished(() => server.stop());
  const validator = createValidator(
    { ...validationSchema.parse({ tlsPort: server.port, maxDials: 1 }), caa: WITHOUT_CAA },
    {
      resolver: tableResolver(ZONE),
      network: createSystemNetwork(systemTimer),
      timer: systemTimer,
      clock: systemClock,
      userAgent: 'touchstone-test',
    },
  );
  const all = [1, 2, 3].map(() => validator.validate(QUESTION));
  for (let count = 1; count <= all.length; count += 1) {
    while (server.accepted() < count) await new Promise((resolve) => setImmediate(resolve));
    // Each has sent its greeting by then, and the others could have been dialled.
    await once(open[count - 1] as Socket, 'data');
    expect(server.accepted()).toBe(count);
    open[count - 1]?.destroy();
  }
  for (const { record } of await Promise.all(all)) expect(record.failure?.class).toBe('tls');
});
