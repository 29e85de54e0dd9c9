import type { StoreApi } from 'zustand/vanilla';
import { randomKey } from '../../../lib/random-key.ts';
import { type FailedRequest, failedRequest } from '../../../lib/request-failure.ts';
import type { ChatState, Draft } from './chat-state.ts';

/** Pauses before what waits is sent again: the first one, doubled each time, up to the longest. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

/** Whether what keeps a request back goes by while nothing is done about it. */
export function mayPass({ error }: FailedRequest): boolean {
  return error === undefined || (error.retryable && error.code !== 'SERVER_ERROR');
}

function isWaiting({ sending, editing, failure }: Draft): boolean {
  return !sending && editing !== true && (failure === undefined || mayPass(failure));
}

/** What was said and has not arrived. While what keeps it back may pass, it is sent again by itself, in the order in which it was said. */
export class Outbox {
  readonly #store: StoreApi<ChatState>;
  /** Sends it, and takes it out of the drafts. */
  readonly #deliver: (draft: Draft) => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #running = false;
  #busy = false;
  /** What waits is to be looked at once more. */
  #again = false;

  constructor(store: StoreApi<ChatState>, deliver: (draft: Draft) => Promise<void>) {
    this.#store = store;
    this.#deliver = deliver;
  }

  /** Sends what waits, now and whenever it may arrive, until the returned undo is called. */
  start(): () => void {
    this.#running = true;
    const online = () => void this.sendWaiting();
    window.addEventListener('online', online);
    online();
    return () => {
      this.#running = false;
      window.removeEventListener('online', online);
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Takes what was said, and sends it after what was said before. */
  add(draft: Omit<Draft, 'key' | 'sending'>): Promise<void> {
    const taken = { ...draft, key: randomKey(), sending: false };
    this.#store.setState(({ drafts }) => ({ drafts: [...drafts, taken] }));
    return this.#sendNow();
  }

  /** Sends it again, also one that was refused; the server hears it once at most. */
  resend(key: string): Promise<void> {
    this.#patch(key, ({ failure: _failure, ...draft }) => draft);
    return this.#sendNow();
  }

  /** Its words are being changed, or no longer. */
  edit(key: string, editing: boolean): void {
    this.#patch(key, (draft) => ({ ...draft, editing }));
    if (!editing) void this.sendWaiting();
  }

  /** Sends other words in its place. */
  reword(key: string, content: string): Promise<void> {
    const other = randomKey();
    this.#patch(key, ({ failure: _failure, editing: _editing, ...draft }) => ({ ...draft, key: other, content }));
    return this.#sendNow();
  }

  /** Gives up what has not arrived. */
  discard(key: string): void {
    this.#store.setState(({ drafts }) => ({ drafts: drafts.filter((draft) => draft.key !== key) }));
  }

  /** The server can be reached: what only waited for that is sent. */
  reached(): void {
    if (this.#store.getState().drafts.some((draft) => isWaiting(draft) && draft.failure?.error === undefined))
      void this.sendWaiting();
  }

  /** Sends what waits, one after the other, until one has to wait again. */
  async sendWaiting(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      const next = this.#store.getState().drafts.find(isWaiting);
      if (next !== undefined && (await this.#send(next))) this.#again = true;
    }
    this.#busy = false;
  }

  /** Whoever says something need not wait as long as one that was tried often. */
  #sendNow(): Promise<void> {
    this.#pauseMs = FIRST_PAUSE_MS;
    return this.sendWaiting();
  }

  /** Sends it; false: it has to wait, and so have those behind it. */
  async #send(draft: Draft): Promise<boolean> {
    this.#patch(draft.key, (last) => ({ ...last, sending: true }));
    try {
      await this.#deliver(draft);
      this.#pauseMs = FIRST_PAUSE_MS;
      return true;
    } catch (cause) {
      const failure = failedRequest(cause);
      this.#patch(draft.key, (last) => ({ ...last, sending: false, failure }));
      if (!mayPass(failure)) return true;
      this.#store.setState(({ drafts }) => ({ drafts: drafts.map((behind) => ({ failure, ...behind })) }));
      this.#sendLater(failure);
      return false;
    }
  }

  #sendLater({ retryAfterMs = 0 }: FailedRequest): void {
    if (!this.#running || this.#again) return;
    this.#timer = setTimeout(() => void this.sendWaiting(), Math.max(this.#pauseMs, retryAfterMs));
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #patch(key: string, patch: (last: Draft) => Draft): void {
    this.#store.setState(({ drafts }) => ({
      drafts: drafts.map((draft) => (draft.key === key ? patch(draft) : draft)),
    }));
  }
}
