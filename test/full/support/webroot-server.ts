import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Listener } from '../../../src/runtime/listener.ts';
import { listen } from '../../../src/runtime/listener.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';

/** Serves the files of a folder under `/.well-known/acme-challenge/`, over IPv4 and IPv6, for clients that only write files. */
export function startWebrootServer(folder: string, port: number): Promise<Listener> {
  return listen({
    addresses: ['0.0.0.0', '::'],
    port,
    timer: systemTimer,
    onError: () => undefined,
    answerParserRefusal: ({ status }) => ({ status, reasonPhrase: '', headers: {}, body: '' }),
    handler: (request, response) => {
      const token = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]+)$/.exec(request.url ?? '')?.[1] ?? '';
      readFile(join(folder, token)).then(
        (content) => response.writeHead(200).end(content),
        () => response.writeHead(404).end(),
      );
    },
  });
}
