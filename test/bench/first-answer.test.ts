import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { timeToFirstAnswer } from '../../bench/measure/first-answer.ts';
import { selfSigned } from '../support/self-signed.ts';

test('gives up a server that accepts and never answers', async () => {
  const url = await serve(() => undefined);
  await expect(wait(url, 200)).rejects.toThrow('was not answered within 0.2 s');
});

test('does not take an answer that breaks off for one', async () => {
  let requests = 0;
  const url = await serve((_request, response) => {
    requests += 1;
    response.writeHead(200, { 'content-length': 2 });
    if (requests > 1) response.end('{}');
    else response.write('{', () => response.destroy());
  });
  await wait(url, 10_000);
  expect(requests).toBe(2);
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(await selfSigned('first answer'), listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/dir`;
}

/** The program whose server is waited for is one that goes on running. */
function wait(url: string, giveUpMs: number): Promise<number> {
  const program = spawn(process.execPath, ['--eval', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  onTestFinished(() => void program.kill());
  return timeToFirstAnswer(program, url, performance.now(), giveUpMs);
}
