import type { ServerMessage } from '@darkroom/protocol';
import { encodeOnce, type LiveFormat } from './live-format.ts';

const TEXT = 0x81;
const PING = 0x89;
const PONG = 0x8a;

/**
 * A whole, unmasked frame (RFC 6455, 5.2), made once and written to any number of sockets. `ws` would build the header
 * anew for each and write it apart from the payload.
 */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = Buffer.allocUnsafe(2 + extended + length);
  bytes[0] = opcode;
  if (extended === 0) bytes[1] = length;
  else if (extended === 2) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  payload.copy(bytes, 2 + extended);
  return bytes;
}

const text = (json: string) => frame(TEXT, Buffer.from(json));

/** A protocol message as a WebSocket text frame. */
export const messageFrame = (message: ServerMessage) => text(JSON.stringify(message));

const pingFrame = frame(PING, Buffer.alloc(0));

/** The answer to a ping of the WebSocket protocol. `payload`: the ping's, at most 125 bytes. */
export const pongFrame = (payload: Buffer) => frame(PONG, payload);

/** Rules W1–W8. */
export const websocketFormat: LiveFormat = {
  transport: 'ws',
  events: encodeOnce((batch) => {
    const [only] = batch;
    if (only === undefined) return Buffer.alloc(0);
    if (batch.length === 1) return text(`{"type":"event","event":${only.json}}`);
    const events = batch.map((logged) => logged.json).join(',');
    return text(`{"type":"events","jobId":"${only.event.jobId}","events":[${events}]}`);
  }),
  snapshot: (snapshot) => messageFrame({ type: 'subscribed', ...snapshot }),
  reset: (snapshot, reason) => messageFrame({ type: 'reset', reason, ...snapshot }),
  end: (jobId, head, status) => messageFrame({ type: 'end', jobId, head, status }),
  queue: (jobId, place) => messageFrame({ type: 'queue', jobId, ...place }),
  error: (error, jobId) =>
    messageFrame(jobId === undefined ? { type: 'error', error } : { type: 'error', jobId, error }),
  // A page answers the message; a client that knows nothing of it has a WebSocket library that answers the frame.
  ping: (now) => Buffer.concat([messageFrame({ type: 'ping', now }), pingFrame]),
  bye: (afterMs) => messageFrame({ type: 'bye', afterMs }),
};
