import type { ErrorCode } from '@darkroom/protocol';
import { Agent, type Dispatcher, request, FormData as UndiciForm } from 'undici';
import type * as z from 'zod';
import { GrowingBuffer } from '../growing-buffer.ts';
import { ProviderError, type ProviderErrorOptions } from '../provider-error.ts';
import { createPublicAgent, isPrivateAddressError, type PublicAgentOptions } from './public-addresses.ts';
import { type Hop, nextHop } from './result-address.ts';

/** An answer that is no success. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body, at most 64 KiB of it. */
  readonly text: string;
}

export interface UpstreamHttpOptions {
  /** Paths are below it. Its origin is the backend's own: requests to others go to public addresses only. */
  readonly base: URL;
  /** Which addresses of other origins may be connected to. Default: those of the public internet. */
  readonly isAllowed?: PublicAgentOptions['isAllowed'];
  /** Sent to the backend's own origin alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The provider's table: what a refusal means. Undefined: the common one (`classifyStatus`). */
  readonly classify?: (answer: RefusedAnswer) => ProviderError | undefined;
}

export interface UpstreamCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON, a string as the JSON it already is; a `FormData` as a form. */
  readonly body?: unknown;
  /** Sent to the backend's own origin alone. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Longest time to the whole answer, in milliseconds; undefined: as long as the signal lets it. */
  readonly timeoutMs?: number;
  /** It asks for a picture: when its answer is lost, the picture may still be made. Default false. */
  readonly submits?: boolean;
  /** Maximum size of the answer, in bytes. Default: 256 MiB. */
  readonly maxBytes?: number;
  /** Maximum number of redirects that are followed, of a GET alone. Default: none. */
  readonly maxRedirects?: number;
  /** What a refusal of this call means; default the provider's table. */
  readonly classify?: UpstreamHttpOptions['classify'];
}

const CONNECT_MS = 5_000;
/** A blocking call takes minutes; its caller's signal and `timeoutMs` end it. */
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 } as const;
/** Maximum size of an answer: several images in base64. */
export const MAX_BODY_BYTES = 256 * 1024 * 1024;
const MAX_ERROR_CHARS = 64 * 1024;

/** The common meaning of an HTTP status, for backends whose own words say nothing else. */
const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_PROMPT',
  405: 'INVALID_PROMPT',
  409: 'INVALID_PROMPT',
  411: 'INVALID_PROMPT',
  413: 'INVALID_PROMPT',
  415: 'INVALID_PROMPT',
  422: 'INVALID_PROMPT',
  401: 'PROVIDER_REJECTED',
  402: 'PROVIDER_REJECTED',
  403: 'PROVIDER_REJECTED',
  404: 'PROVIDER_REJECTED',
  410: 'PROVIDER_REJECTED',
  408: 'PROVIDER_TIMEOUT',
  504: 'PROVIDER_TIMEOUT',
  429: 'PROVIDER_RATE_LIMIT',
  499: 'NETWORK_DISCONNECTED',
};

/** The pause that a `Retry-After` header asks for (seconds, or a date), in milliseconds. `now` in ms. */
export function parseRetryAfter(header: string | readonly string[] | undefined, now: number): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined) return undefined;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** A proxy that says these does not know what became of the request behind it. */
const FATE_UNKNOWN = new Set([504, 520, 524]);

/** The error of a refusal by the common table. `submits`: it was a request for a picture. */
export function classifyStatus({ status, headers, text }: RefusedAnswer, submits = false): ProviderError {
  const code = STATUS_CODES[status] ?? 'SERVER_ERROR';
  const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
  return new ProviderError(code, undefined, {
    retryAfterMs,
    mayStillRun: submits && FATE_UNKNOWN.has(status),
    cause: new Error(`HTTP ${status}: ${text.slice(0, 500)}`),
  });
}

/** Failures in which the request never left: nothing can be running because of it. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** Whether a request failed before anything of it left, so that nothing can be running because of it. Looks through causes. */
export function wasNeverSent(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) if (NOT_SENT.has(codeOf(error))) return true;
  return false;
}

/**
 * HTTP to a backend: bounded, without a header timeout (a blocking call takes minutes), never repeating a request.
 * Everything that goes wrong is a `ProviderError`, or the signal's reason.
 */
export class UpstreamHttp {
  readonly #options: UpstreamHttpOptions;
  readonly #agent = new Agent({ ...NO_TIMEOUTS, connect: { timeout: CONNECT_MS } });
  readonly #publicAgent: Agent;

  constructor(options: UpstreamHttpOptions) {
    this.#options = options;
    this.#publicAgent = createPublicAgent({ ...NO_TIMEOUTS, connectMs: CONNECT_MS, isAllowed: options.isAllowed });
  }

  /** An answer that `schema` accepts; anything else is a `SERVER_ERROR`. */
  async json<T>(path: string, schema: z.ZodType<T>, call: UpstreamCall): Promise<T> {
    const text = Buffer.from(await this.bytes(path, call)).toString('utf8');
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      const message = 'The backend answered with something that cannot be understood.';
      throw new ProviderError('SERVER_ERROR', message, { cause, mayStillRun: call.submits === true });
    }
  }

  /** The body of a successful answer. */
  async bytes(path: string, call: UpstreamCall): Promise<Uint8Array> {
    const late = call.timeoutMs === undefined ? undefined : AbortSignal.timeout(call.timeoutMs);
    const signal = late === undefined ? call.signal : AbortSignal.any([call.signal, late]);
    try {
      const answer = await this.#send(path, call, signal);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return await readBounded(answer.body, call.maxBytes);
      const text = Buffer.from(await readBounded(answer.body, MAX_ERROR_CHARS)).toString('utf8');
      const refused = { status: answer.statusCode, headers: answer.headers, text };
      throw (call.classify ?? this.#options.classify)?.(refused) ?? classifyStatus(refused, call.submits);
    } catch (thrown) {
      if (call.signal.aborted) throw call.signal.reason;
      throw toProviderError(thrown, { late: late?.aborted === true, submits: call.submits === true });
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#agent.destroy(), this.#publicAgent.destroy()]);
  }

  async #send(path: string, call: UpstreamCall, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let hop = this.#firstHop(path);
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#sendOnce(hop, call, signal);
      const { location } = answer.headers;
      const isFollowed = REDIRECTS.has(answer.statusCode) && redirects < (call.maxRedirects ?? 0);
      if (!isFollowed || typeof location !== 'string') return answer;
      await answer.body.dump();
      const next = nextHop(hop, location);
      if (next === undefined) throw notAllowed(new Error(`redirected to ${location.slice(0, 200)}`));
      hop = next;
    }
  }

  /** Client packages give whole URLs. */
  #firstHop(path: string): Hop {
    const { base } = this.#options;
    const root = base.href.endsWith('/') ? base.href : `${base.href}/`;
    const url = new URL(path.replace(/^\//, ''), root);
    return { url, isOwn: url.origin === base.origin };
  }

  #sendOnce({ url, isOwn }: Hop, call: UpstreamCall, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const isForm = call.body instanceof FormData;
    return request(url, {
      method: call.method ?? 'GET',
      dispatcher: isOwn ? this.#agent : this.#publicAgent,
      signal,
      headers: {
        accept: 'application/json, */*',
        ...(isOwn && { ...this.#options.headers, ...call.headers }),
        ...(call.body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(call.body !== undefined && { body: toBody(call.body) }),
    });
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** A result, or a redirect, lies where this server does not go. */
export function notAllowed(cause: unknown): ProviderError {
  const message = 'The backend’s result lies at an address that is not allowed.';
  return new ProviderError('SERVER_ERROR', message, { retryable: false, cause });
}

function toBody(body: unknown): UndiciForm | string {
  if (!(body instanceof FormData)) return typeof body === 'string' ? body : JSON.stringify(body);
  // The package takes its own forms only, not those of Node.
  const form = new UndiciForm();
  for (const [name, value] of body) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, value.name);
  }
  return form;
}

/** A whole body; more than `limit` bytes is a `SERVER_ERROR`. */
export async function readBounded(body: AsyncIterable<Uint8Array>, limit = MAX_BODY_BYTES): Promise<Uint8Array> {
  const whole = new GrowingBuffer();
  for await (const chunk of body) {
    if (whole.length + chunk.byteLength > limit) throw tooLarge();
    whole.add(chunk);
  }
  return whole.release();
}

/** An answer has more bytes than may come: another one would have them too. */
export function tooLarge(): ProviderError {
  const message = 'The backend’s answer is too large.';
  return new ProviderError('SERVER_ERROR', message, { retryable: false, mayStillRun: true });
}

/** What a request that got no answer means. */
function toProviderError(thrown: unknown, { late, submits }: { late: boolean; submits: boolean }): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (isPrivateAddressError(thrown)) return notAllowed(thrown);
  const options: ProviderErrorOptions = { cause: thrown, mayStillRun: submits && !wasNeverSent(thrown) };
  if (late) return new ProviderError('PROVIDER_TIMEOUT', 'The backend did not answer in time.', options);
  return new ProviderError('NETWORK_DISCONNECTED', 'The connection to the backend was lost.', options);
}
