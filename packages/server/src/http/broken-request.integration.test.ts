import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { refuseBrokenRequest } from './broken-request.ts';
import { ConnectionCounts } from './connections/connection-counts.ts';

/** What a server that gives heads 100 ms answers to these bytes until the connection is over. */
async function answerTo(bytes: string): Promise<string> {
  const server = createServer({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 });
  const counts = new ConnectionCounts();
  server.on('clientError', (error, stream) => refuseBrokenRequest(error, stream as Socket, counts));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

it('[R6] bytes that are not HTTP are refused with words', async () => {
  expect(await answerTo('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"INVALID_REQUEST"/s);
});

it('a head that does not come in time is nobody’s mistake: the connection is closed, and may be tried again', async () => {
  expect(await answerTo('GET / HTTP/1.1\r\n')).toBe('');
});
