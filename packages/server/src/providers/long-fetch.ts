import { Agent } from 'undici';
import { GrowingBuffer } from '../growing-buffer.ts';
import { RESULT_BOUNDS } from '../image-files/image-bounds.ts';
import { createPublicAgent, type PublicAgentOptions } from './public-addresses.ts';
import { nextHop } from './result-address.ts';
import { MAX_BODY_BYTES, notAllowed, tooLarge } from './upstream-http.ts';

/** A `fetch` of its own connections, for the packages that take one. */
export interface LongFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Breaks its connections. */
  close(): Promise<void>;
}

export interface LongFetchOptions {
  /** The configured address. Requests to other origins go to public addresses only, and are no less safe than it. */
  readonly base: URL;
  /** Maximum time between two pieces of a body, in milliseconds, before it fails with `UND_ERR_BODY_TIMEOUT`. Default: none. */
  readonly stallMs?: number;
  /** Whether the caller reads successful answers to POST event by event where they are event streams. Default false. */
  readonly readsEvents?: boolean;
  /** Which addresses of other origins may be connected to. Default: those of the public internet. */
  readonly isAllowed?: PublicAgentOptions['isAllowed'];
}

const CONNECT_MS = 5_000;

/**
 * Makes a `fetch` for calls that take minutes: it waits for headers as long as its caller does (Node's own gives up after
 * 300 s). It follows no redirects: a package that does checks each hop. Bodies are bounded, and come in pieces of 16 KiB
 * or more.
 */
export function createLongFetch({ base, stallMs = 0, readsEvents = false, isAllowed }: LongFetchOptions): LongFetch {
  const timeouts = { headersTimeout: 0, bodyTimeout: stallMs };
  const own = new Agent({ ...timeouts, connect: { timeout: CONNECT_MS } });
  const others = createPublicAgent({ ...timeouts, connectMs: CONNECT_MS, isAllowed });
  return {
    fetch: async (input, init) => {
      const href = input instanceof Request ? input.url : String(input);
      const hop = nextHop({ url: base, isOwn: true }, href);
      if (hop === undefined) throw notAllowed(new Error(`asked for ${href.slice(0, 200)}`));
      // Node's fetch with a dispatcher of the package: both are undici 8, and forms and answers stay Node's own classes.
      // Assigned, not spread: the types of the two undici differ in their minor version.
      const dispatcher = hop.isOwn ? own : others;
      const answer = await fetch(input, Object.assign({ ...init, redirect: 'manual' as const }, { dispatcher }));
      const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
      const isEvents = readsEvents && isEventStream(answer, method);
      return bounded(answer, hop.isOwn ? MAX_BODY_BYTES : RESULT_BOUNDS.bytes, isEvents);
    },
    close: async () => {
      await Promise.all([own.destroy(), others.destroy()]);
    },
  };
}

/** Minimum size of the pieces of a body, but for the last one, in bytes. */
const PIECE_BYTES = 16 * 1024;

/** Maximum number of line breaks in an event stream: what reads it keeps a string for each line of an event. */
const MAX_EVENT_LINES = 100_000;

/**
 * The same answer, whose body fails when more than `maxBytes` of it have come, decompressed. Small pieces are joined, but
 * not those of events.
 */
function bounded(answer: Response, maxBytes: number, isEvents: boolean): Response {
  if (answer.body === null) return answer;
  const minPiece = isEvents ? 1 : PIECE_BYTES;
  const joined = new GrowingBuffer();
  let size = 0;
  let lines = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (isEvents) lines += countLineBreaks(chunk);
      if (size > maxBytes || lines > MAX_EVENT_LINES) {
        controller.error(tooLarge());
        return;
      }
      if (joined.length === 0 && chunk.byteLength >= minPiece) {
        controller.enqueue(chunk);
        return;
      }
      joined.add(chunk);
      if (joined.length >= minPiece) controller.enqueue(joined.release());
    },
    flush(controller) {
      if (joined.length > 0) controller.enqueue(joined.release());
    },
  });
  return new Response(answer.body.pipeThrough(counted), answer);
}

/** Line feeds and carriage returns: either ends a line. */
function countLineBreaks(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === 0x0a || byte === 0x0d) count++;
  return count;
}

/**
 * Whether the answer is read event by event, so that its pieces must not wait for each other. `Response.text` and its
 * siblings keep a list of pieces until the end, at some 400 bytes for each; errors and answers to GET are read by them.
 */
function isEventStream(answer: Response, method: string): boolean {
  const isEvents = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return isEvents && answer.ok && method.toUpperCase() === 'POST';
}

/** Whether a body failed because nothing came for `stallMs`. */
export function hasStalled(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause)
    if ('code' in error && error.code === 'UND_ERR_BODY_TIMEOUT') return true;
  return false;
}
