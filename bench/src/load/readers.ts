/** Many readers of one job in a process of their own: raw sockets that count events, and a few that note when each came. */
import { connect, type Socket } from 'node:net';
import { nowUs } from '../clock.ts';
import type { Target } from '../live-server.ts';
import { serve } from '../remote.ts';
import { EventCounter } from './event-counter.ts';
import { clientFrame, type LiveTransport, openingBytes } from './handshake.ts';

const CONNECTING_AT_ONCE = 100;
const STILL_HERE_MS = 25_000;
const buffer = Buffer.allocUnsafe(64 * 1024);

/** What a round waits for. */
interface Round {
  /** Events each reader is to get. */
  readonly events: number;
  readonly resolve: (result: RoundResult) => void;
}

export interface RoundResult {
  /** When the last reader had its last event, µs of the shared clock. */
  readonly endedAt: number;
  /** For each reader that takes notes, when it had each of the round's events. */
  readonly arrivals: readonly (readonly number[])[];
}

let readers: { socket: Socket; counter: EventCounter; arrivals: number[] | undefined }[] = [];
let round: Round | undefined;
let finished: Promise<RoundResult> | undefined;
let done = 0;

function openOne(transport: LiveTransport, target: Target, takesNotes: boolean): Promise<void> {
  const counter = new EventCounter();
  const arrivals = takesNotes ? [] : undefined;
  return new Promise((resolve, reject) => {
    let greeting: string | undefined = '';
    const callback = (bytes: number) => {
      const chunk = buffer.subarray(0, bytes);
      if (greeting !== undefined) {
        greeting += chunk.toString('latin1');
        if (!greeting.includes(target.readyText)) return true;
        greeting = undefined;
        resolve();
        return true;
      }
      received(counter, counter.take(chunk), arrivals);
      return true;
    };
    const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
    socket.write(openingBytes(transport, target));
    socket.once('error', reject);
    socket.once('close', () => {
      const lost = new Error(`The server closed a reader. It had said: ${greeting}`);
      // One that was reading takes the whole measurement with it.
      if (greeting === undefined) throw lost;
      reject(lost);
    });
    readers.push({ socket, counter, arrivals });
  });
}

function received(counter: EventCounter, events: number, arrivals: number[] | undefined): void {
  if (arrivals !== undefined) for (let i = 0; i < events; i++) arrivals.push(nowUs());
  if (round === undefined || counter.events < round.events || events === 0) return;
  if (++done === readers.length) endRound(round);
}

function endRound(ended: Round): void {
  round = undefined;
  const wrong = readers.filter(({ counter }) => counter.events !== ended.events).length;
  if (wrong > 0) throw new Error(`${wrong} readers got more than the ${ended.events} events there were`);
  const arrivals = readers.flatMap((reader) => (reader.arrivals === undefined ? [] : [reader.arrivals]));
  ended.resolve({ endedAt: nowUs(), arrivals });
}

function sayAll(bytes: Buffer): void {
  for (const { socket } of readers) socket.write(bytes);
}

const methods = {
  /** Opens `count` readers, of which `samples` take notes; resolves when all are reading. */
  open: async (options: { transport: LiveTransport; target: Target; count: number; samples: number }) => {
    const { transport, target, count, samples } = options;
    const every = Math.max(1, Math.floor(count / samples));
    for (let opened = 0; opened < count; ) {
      const some = Math.min(CONNECTING_AT_ONCE, count - opened);
      await Promise.all(Array.from({ length: some }, () => openOne(transport, target, opened++ % every === 0)));
    }
    const pong = clientFrame('{"type":"pong"}');
    if (transport === 'ws') setInterval(() => sayAll(pong), STILL_HERE_MS);
  },
  /** Announces a round: every reader is to get exactly so many events. */
  expect: (events: number) => {
    for (const reader of readers) {
      reader.counter.events = 0;
      if (reader.arrivals !== undefined) reader.arrivals.length = 0;
    }
    done = 0;
    finished = new Promise((resolve) => {
      round = { events, resolve };
    });
  },
  /** Resolves when the announced round is over. */
  finished: () => finished,
  close: () => {
    for (const { socket } of readers) socket.removeAllListeners('close').destroy();
    readers = [];
  },
};
export type Readers = typeof methods;

serve(methods);
