import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../packages/server/src/testing/eventually.ts';
import { Wire } from './wire.ts';

/** A server that says everything it hears back, and a connection to it by way of a wire. */
async function setUp() {
  const server = createServer((socket) => void socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const wire = await Wire.start(() => [1, port]);
  onTestFinished(async () => {
    await wire.close();
    server.close();
  });
  const open = (): { socket: Socket; heard: () => string } => {
    const socket = connect(wire.port, '127.0.0.1').on('error', () => {});
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    return { socket, heard: () => heard };
  };
  return { wire, open };
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

it('passes everything on, by the first way that is open', async () => {
  const { open } = await setUp();
  const { socket, heard } = open();
  socket.write('a');
  socket.end('b');
  await once(socket, 'close');
  expect(heard()).toBe('ab');
});

it('cut, it breaks every connection; whole again, it takes new ones', async () => {
  const { wire, open } = await setUp();
  const { socket, heard } = open();
  socket.write('a');
  await eventually(() => heard() === 'a');
  wire.cut();
  await closed(socket);
  await closed(open().socket);
  wire.mend();
  const again = open();
  again.socket.write('b');
  await eventually(() => again.heard() === 'b');
});

it('silent, it lets nothing through; what was kept back comes when it is whole again', async () => {
  const { wire, open } = await setUp();
  const before = open();
  before.socket.write('a');
  await eventually(() => before.heard() === 'a');
  wire.silence();
  before.socket.write('b');
  const fresh = open();
  fresh.socket.write('c');
  await once(fresh.socket, 'connect');
  expect([before.heard(), fresh.heard()]).toEqual(['a', '']);
  wire.mend();
  await eventually(() => before.heard() === 'ab' && fresh.heard() === 'c');
});
