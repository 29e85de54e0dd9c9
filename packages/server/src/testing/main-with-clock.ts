/**
 * The server of `main.ts`, as a process whose clock runs only when the parent process says so, by Node's IPC channel: a
 * message is a number of milliseconds. It ends when the channel closes.
 */
import * as z from 'zod/mini';
import { runServer } from '../run-server.ts';
import { FakeClock } from './fake-clock.ts';

const clock = new FakeClock();
const Milliseconds = z.int().check(z.positive());

process.on('message', (message) => clock.advance(z.parse(Milliseconds, message)));
process.on('disconnect', () => process.exit(1));

runServer(process.env, { clock });
