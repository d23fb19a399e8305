import { OWN_HOST_CASES } from './own-host.ts';
import { play } from './stage.ts';

/** A program: plays the cases of the CA's own host one by one, and prints what came of each as JSON. */

// What is loaded on first use could not be loaded without a file descriptor.
const warmUp = { dns: 'closed', settings: { totalTimeoutMs: 50 } } as const;
await play(warmUp);
await play({ ...warmUp, question: { challengeType: 'tls-alpn-01' } });
const played = [];
for (const row of OWN_HOST_CASES) played.push(await play(row));
process.stdout.write(JSON.stringify(played));
