import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { isProviderError } from '../../provider-error.ts';
import { isPrivateAddressError } from '../public-addresses.ts';

const PAUSE_MS = 500;

/** Black Forest Labs' word for it in an answer to a poll; the rest of an answer may quote the prompt. */
const ModeratedPoll = z.object({ status: z.literal(['Request Moderated', 'Content Moderated']) });

/** How far the one submission of a call has come. */
export type Submission = 'not sent' | 'sent' | 'accepted';

/**
 * The `fetch` of one call of the SDK. It sees what the SDK does not tell (whether the service has taken the work, what a
 * poll said of moderation) and does what it leaves out: polls and downloads ride out an outage. A submission (anything
 * but GET) is sent once.
 */
export class AiCall {
  submission: Submission = 'not sent';
  /** A poll said that the picture will not come: Black Forest Labs' package would ask on until it gives up. */
  isModerated = false;
  readonly #send: typeof globalThis.fetch;
  readonly #outageMs: number;

  constructor(send: typeof globalThis.fetch, outageMs: number) {
    this.#send = send;
    this.#outageMs = outageMs;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    if (method.toUpperCase() === 'GET') return this.#watch(await this.#rideOut(input, init));
    if (this.submission === 'not sent') this.submission = 'sent';
    const answer = await this.#send(input, init);
    if (answer.ok) this.submission = 'accepted';
    return answer;
  };

  async #rideOut(input: Parameters<typeof globalThis.fetch>[0], init: RequestInit | undefined): Promise<Response> {
    const signal = init?.signal ?? undefined;
    const until = performance.now() + this.#outageMs;
    for (;;) {
      const answer = await this.#send(input, init).catch((thrown: unknown) => {
        if (signal?.aborted || performance.now() > until || isRefused(thrown)) throw thrown;
        return undefined;
      });
      const isOut = answer === undefined || answer.status === 429 || answer.status >= 500;
      if (answer !== undefined && (!isOut || performance.now() > until)) return answer;
      await answer?.body?.cancel();
      await wait(PAUSE_MS, undefined, { signal });
    }
  }

  /** Ends the polling of what was moderated. */
  async #watch(answer: Response): Promise<Response> {
    if (!answer.ok || answer.headers.get('content-type')?.includes('json') !== true) return answer;
    const text = await answer.text();
    this.isModerated ||= ModeratedPoll.safeParse(parseJson(text)).success;
    const { status, headers } = answer;
    return new Response(text, this.isModerated ? { status: 400 } : { status, headers });
  }
}

/** Not by the network: asking again changes nothing. */
const isRefused = (thrown: unknown) => isProviderError(thrown) || isPrivateAddressError(thrown);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
