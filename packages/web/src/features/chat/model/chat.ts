import { type DarkroomClient, isDarkroomError } from '@darkroom/client';
import { type Conversations, conversationsOf } from '@darkroom/client/conversations';
import type { JobOptions, TurnResponse } from '@darkroom/protocol';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { identityMark } from '../../../lib/identity-mark.ts';
import { requestFailure } from '../../../lib/request-failure.ts';
import { keep, recall } from './cache.ts';
import { type ChatState, type Draft, NO_THREAD, placeOf, type Request, type Thread } from './chat-state.ts';
import { JobFeed } from './job-feed.ts';
import { withMessages, withNewest, withOlder } from './merge-messages.ts';
import { Outbox } from './outbox.ts';

const LIST_PAGE = 50;
const MESSAGE_PAGE = 50;
/** News of a conversation within this time is read once. */
const SETTLE_MS = 150;
/** Where no socket tells of news, this often is looked. */
const LOOK_MS = 20_000;
const KEEP_MS = 2_000;

type Patch<T> = (last: T) => T;

function isGone(cause: unknown): boolean {
  return isDarkroomError(cause) && cause.code === 'NOT_FOUND';
}

function ifGone(cause: unknown): undefined {
  if (!isGone(cause)) throw cause;
}

/** One's conversations: their state, and what can be done in them. Failures of what is sent stay beside it, to be sent again. */
export class Chat {
  readonly store: StoreApi<ChatState>;
  readonly outbox: Outbox;
  readonly #api: Conversations;
  readonly #client: DarkroomClient;
  readonly #feed: JobFeed;
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>;
  /** Whose state this is, also when another tab has changed the identity meanwhile. */
  readonly #identity: string;
  /** Conversations being read; true: to be read once more after that. */
  readonly #reading = new Map<string, boolean>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #beginning: Promise<string> | undefined;
  #open: string | undefined;

  constructor(client: DarkroomClient, storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#client = client;
    this.#storage = storage;
    this.#api = conversationsOf(client);
    this.#identity = identityMark(storage);
    this.store = createStore<ChatState>()(() => recall(storage, this.#identity));
    this.outbox = new Outbox(this.store, (draft) => this.#deliver(draft));
    this.#feed = new JobFeed(client, this.store);
  }

  /** Listens, and keeps the state, until the returned undo is called. */
  start(): () => void {
    this.#feed.start();
    const stopSending = this.outbox.start();
    void this.readList();
    const stopListening = this.#client.onConversation((id) => this.#heard(id));
    const stopKeeping = this.store.subscribe(() => this.#later('keep', KEEP_MS, () => this.#keep()));
    const look = () => document.visibilityState === 'visible' && this.#heard(undefined);
    const looking = setInterval(look, LOOK_MS);
    document.addEventListener('visibilitychange', look);
    const leave = () => this.#keep();
    window.addEventListener('pagehide', leave);
    return () => {
      this.#feed.stop();
      stopSending();
      stopListening();
      stopKeeping();
      clearInterval(looking);
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('pagehide', leave);
      for (const timer of this.#timers.values()) clearTimeout(timer);
      this.#timers.clear();
      this.#keep();
    };
  }

  /** Reads the newest conversations. */
  async readList(): Promise<void> {
    try {
      const { conversations, nextCursor } = await this.#api.list({ limit: LIST_PAGE });
      this.store.setState({ conversations, nextCursor, listFailure: undefined });
      this.outbox.reached();
    } catch (cause) {
      this.store.setState({ listFailure: requestFailure(cause) });
    }
  }

  /** Reads more of the list. */
  async readMoreOfList(): Promise<void> {
    const { nextCursor, conversations: known = [] } = this.store.getState();
    if (nextCursor === null) return;
    try {
      const page = await this.#api.list({ limit: LIST_PAGE, cursor: nextCursor });
      const ids = new Set(known.map(({ id }) => id));
      const conversations = [...known, ...page.conversations.filter(({ id }) => !ids.has(id))];
      this.store.setState({ conversations, nextCursor: page.nextCursor });
    } catch (cause) {
      this.store.setState({ listFailure: requestFailure(cause) });
    }
  }

  /** A conversation comes into view: its newest messages are read, and it is kept fresh. */
  open(conversationId: string | undefined): void {
    this.#open = conversationId;
    if (conversationId === undefined) return;
    this.store.setState({ begun: undefined });
    void this.#read(conversationId);
  }

  /** Reads the page of messages before the oldest known. */
  async readOlder(conversationId: string): Promise<void> {
    const { nextBefore: before, loadingOlder } = this.#thread(conversationId);
    if (typeof before !== 'number' || loadingOlder) return;
    this.#patchThread(conversationId, (last) => ({ ...last, loadingOlder: true }));
    try {
      const page = await this.#api.messages(conversationId, { limit: MESSAGE_PAGE, before });
      this.#patchThread(conversationId, (last) => withOlder(last, before, page));
      this.#feed.followAll(page.messages);
    } catch (cause) {
      const failure = requestFailure(cause);
      this.#patchThread(conversationId, (last) => ({ ...last, loadingOlder: false, failure }));
    }
  }

  /** Says something: it is shown at once, and sent. */
  say(conversationId: string | undefined, request: Request, versionOf?: number): Promise<void> {
    return this.outbox.add({ ...request, ...(versionOf !== undefined && { versionOf }), conversationId });
  }

  /** Keeps the words that are being written in a conversation. */
  write(conversationId: string | undefined, content: string): void {
    this.store.setState(({ words }) => ({ words: { ...words, [placeOf(conversationId)]: content } }));
  }

  /** Asks for the same picture again, as another version, with what its job was made with; by a new seed. */
  sayAgain(conversationId: string, versionOf: number, content: string, jobId: string): Promise<void> {
    return this.outbox.add({ conversationId, versionOf, content, madeLike: jobId });
  }

  /** The next picture begins with this one. */
  beginWith(image: string): void {
    this.store.setState(({ settings }) => ({ settings: { ...settings, image } }));
  }

  async rename(conversationId: string, title: string): Promise<void> {
    const conversation = await this.#api.rename(conversationId, title);
    this.store.setState(({ conversations = [] }) => ({
      conversations: conversations.map((known) => (known.id === conversationId ? conversation : known)),
    }));
  }

  async remove(conversationId: string): Promise<void> {
    await this.#api.remove(conversationId);
    this.#forget(conversationId);
  }

  /** Follows the job of a message until it ends. */
  follow(jobId: string, message: { readonly conversationId: string; readonly messageId: number }): void {
    this.#feed.follow(jobId, message);
  }

  async cancel(jobId: string): Promise<void> {
    await this.#client.cancelJob(jobId);
  }

  async retry(jobId: string, conversationId: string, messageId: number): Promise<void> {
    await this.#client.retryJob(jobId);
    this.#feed.follow(jobId, { conversationId, messageId });
  }

  async #deliver(draft: Draft): Promise<void> {
    const conversationId = draft.conversationId ?? (await this.#begin());
    this.#take(conversationId, draft.key, await this.#ask(conversationId, draft));
  }

  async #ask(conversationId: string, draft: Draft): Promise<TurnResponse> {
    const { key, content, picture, versionOf, madeLike } = draft;
    const options = madeLike === undefined ? draft.options : await this.#optionsOf(madeLike);
    const request = { content, ...(options !== undefined && { options }) };
    if (versionOf !== undefined) return this.#api.addVersion(conversationId, versionOf, request, key);
    return this.#api.post(conversationId, { ...request, ...(picture && { picture }) }, key);
  }

  /** What a job was made with, but for its seed; nothing is known of one that has expired. */
  async #optionsOf(jobId: string): Promise<JobOptions> {
    const known = this.store.getState().jobs[jobId]?.job ?? (await this.#client.getJob(jobId).catch(ifGone));
    const { seed: _seed, ...options } = known?.options ?? {};
    return options;
  }

  /** Makes the conversation that first requests need: one for all that are said before it is there. */
  #begin(): Promise<string> {
    this.#beginning ??= this.#create().finally(() => {
      this.#beginning = undefined;
    });
    return this.#beginning;
  }

  async #create(): Promise<string> {
    const conversation = await this.#api.create();
    const { id } = conversation;
    const toIt = (draft: Draft) => (draft.conversationId === undefined ? { ...draft, conversationId: id } : draft);
    this.#patchThread(id, (last) => ({ ...last, nextBefore: null }));
    this.store.setState(({ conversations = [], drafts, words }) => {
      const { [placeOf(undefined)]: begun = '', ...others } = words;
      return {
        drafts: drafts.map(toIt),
        words: { ...others, [id]: begun },
        // Who has turned to another conversation meanwhile is not taken away from it.
        ...(this.#open === undefined && { begun: id }),
        conversations: [conversation, ...conversations.filter((known) => known.id !== id)],
      };
    });
    return id;
  }

  #take(conversationId: string, key: string, { messages }: TurnResponse): void {
    this.store.setState(({ drafts, threads }) => ({
      drafts: drafts.filter((draft) => draft.key !== key),
      threads: { ...threads, [conversationId]: withMessages(threads[conversationId] ?? NO_THREAD, messages) },
    }));
    this.#feed.followAll(messages);
    this.#later('list', SETTLE_MS, () => void this.readList());
  }

  /** Something changed in a conversation, here, in another tab or at the server; undefined: perhaps in any. */
  #heard(conversationId: string | undefined): void {
    this.#later('list', SETTLE_MS, () => void this.readList());
    const open = this.#open;
    if (open === undefined || (conversationId !== undefined && conversationId !== open)) return;
    this.#later('thread', SETTLE_MS, () => void this.#read(open));
  }

  async #read(conversationId: string): Promise<void> {
    if (this.#reading.has(conversationId)) {
      this.#reading.set(conversationId, true);
      return;
    }
    this.#reading.set(conversationId, false);
    try {
      const page = await this.#api.messages(conversationId, { limit: MESSAGE_PAGE });
      this.#patchThread(conversationId, (last) => withNewest(last, page));
      this.#feed.followAll(page.messages);
    } catch (cause) {
      const gone = isGone(cause);
      if (gone) this.#forget(conversationId);
      this.#patchThread(conversationId, (last) => ({ ...last, gone, failure: requestFailure(cause) }));
    }
    const again = this.#reading.get(conversationId) === true;
    this.#reading.delete(conversationId);
    if (again) await this.#read(conversationId);
  }

  #forget(conversationId: string): void {
    this.store.setState(({ conversations, threads, drafts, words, jobs, active }) => {
      const { [conversationId]: _gone, ...others } = threads;
      const { [conversationId]: _words, ...written } = words;
      return {
        conversations: conversations?.filter(({ id }) => id !== conversationId),
        threads: others,
        words: written,
        drafts: drafts.filter((draft) => draft.conversationId !== conversationId),
        active: active.filter((jobId) => jobs[jobId]?.conversationId !== conversationId),
      };
    });
  }

  #thread(conversationId: string): Thread {
    return this.store.getState().threads[conversationId] ?? NO_THREAD;
  }

  #patchThread(conversationId: string, patch: Patch<Thread>): void {
    const thread = patch(this.#thread(conversationId));
    const { [conversationId]: _last, ...others } = this.store.getState().threads;
    this.store.setState({ threads: { ...others, [conversationId]: thread } });
  }

  #keep(): void {
    keep(this.#storage, this.store.getState(), this.#identity);
  }

  /** Does it once, after `ms`, however often it is asked for meanwhile. */
  #later(name: string, ms: number, act: () => void): void {
    if (this.#timers.has(name)) return;
    const run = () => {
      this.#timers.delete(name);
      act();
    };
    this.#timers.set(name, setTimeout(run, ms));
  }
}
