import { ClientMessage } from '@darkroom/protocol';
import fc, { type Arbitrary } from 'fast-check';
import * as z from 'zod/mini';
import { hostileValues, spoil } from './hostile-values.ts';
import { JsonSchema } from './json-schema.ts';
import type { KnownIds } from './known-ids.ts';
import { writeJson } from './raw-json.ts';
import { valuesOf } from './schema-values.ts';

/** One WebSocket frame as a client sends it (RFC 6455, 5.2). */
export interface RawFrame {
  /** 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong; others are reserved. */
  readonly opcode: number;
  readonly isFinal: boolean;
  /** The three reserved bits. */
  readonly reserved: number;
  readonly isMasked: boolean;
  /** Latin-1: one character is one byte. */
  readonly payload: string;
}

const messages = valuesOf(JsonSchema.parse(z.toJSONSchema(ClientMessage, { unrepresentable: 'any' })));

/** A message of the protocol, about a job that is there. */
const knownMessages = ({ jobs }: KnownIds): Arbitrary<unknown> =>
  fc.tuple(messages, fc.nat()).map(([message, index]) => {
    const jobId = jobs[index % jobs.length];
    return typeof message === 'object' && message !== null && 'jobId' in message ? { ...message, jobId } : message;
  });

const text = (payload: string): RawFrame => ({ opcode: 1, isFinal: true, reserved: 0, isMasked: true, payload });

const oddFrames: Arbitrary<RawFrame> = fc.record({
  opcode: fc.integer({ min: 0, max: 15 }),
  isFinal: fc.boolean(),
  reserved: fc.constantFrom(0, 0, 0, 1, 4, 7),
  isMasked: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  payload: fc.oneof(
    fc.constantFrom(
      '',
      '{"type":"ping"}',
      '\xff\xfe',
      '\x03',
      '\x03\xe8',
      '\x0f\xa0\xff',
      'x'.repeat(126),
      'x'.repeat(70_000),
    ),
    fc.string({ unit: 'binary', maxLength: 40 }).map((any) => Buffer.from(any).toString('latin1')),
  ),
});

/** Frames of one socket, in order: messages of the protocol, such with one thing wrong, and frames that nobody should send. */
export function socketFrames(known: KnownIds): Arbitrary<readonly RawFrame[]> {
  const valid = knownMessages(known);
  const frame = fc.oneof(
    { weight: 2, arbitrary: valid.map((message) => text(writeJson(message))) },
    { weight: 4, arbitrary: valid.chain(spoil).map((message) => text(writeJson(message))) },
    { weight: 1, arbitrary: hostileValues.map((value) => text(writeJson(value))) },
    { weight: 1, arbitrary: oddFrames },
  );
  return fc.array(frame, { minLength: 1, maxLength: 20 });
}
