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

  /** Takes what was said, and sends it. */
  async add(draft: Omit<Draft, 'key' | 'sending'>): Promise<void> {
    const key = randomKey();
    this.#store.setState(({ drafts }) => ({ drafts: [...drafts, { ...draft, key, sending: false }] }));
    await this.#send(key);
  }

  /** Sends it at once; the server hears it once at most. */
  async resend(key: string): Promise<void> {
    this.#patch(key, ({ failure: _failure, ...draft }) => draft);
    await this.#send(key);
  }

  /** Its words are being changed, or no longer. */
  edit(key: string, editing: boolean): void {
    this.#patch(key, (draft) => ({ ...draft, editing }));
    if (!editing) void this.sendWaiting();
  }

  /** Sends other words in its place. */
  async reword(key: string, content: string): Promise<void> {
    const other = randomKey();
    this.#patch(key, ({ failure: _failure, editing: _editing, ...draft }) => ({ ...draft, key: other, content }));
    await this.#send(other);
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
    for (const { key } of this.#store.getState().drafts.filter(isWaiting)) {
      if (!(await this.#send(key))) return;
    }
  }

  /** Sends it, unless that is under way; false: it has to wait. */
  async #send(key: string): Promise<boolean> {
    const draft = this.#store.getState().drafts.find((known) => known.key === key);
    if (draft === undefined || draft.sending) return true;
    this.#patch(key, (last) => ({ ...last, sending: true }));
    try {
      await this.#deliver(draft);
      this.#pauseMs = FIRST_PAUSE_MS;
      return true;
    } catch (cause) {
      const failure = failedRequest(cause);
      this.#patch(key, (last) => ({ ...last, sending: false, failure }));
      if (!mayPass(failure)) return true;
      this.#sendLater(failure);
      return false;
    }
  }

  #sendLater({ retryAfterMs = 0 }: FailedRequest): void {
    if (!this.#running || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.sendWaiting(), Math.max(this.#pauseMs, retryAfterMs));
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #patch(key: string, patch: (last: Draft) => Draft): void {
    this.#store.setState(({ drafts }) => ({
      drafts: drafts.map((draft) => (draft.key === key ? patch(draft) : draft)),
    }));
  }
}
