import type { EncodedImage, Update } from '../../provider.ts';
import { isProviderError, type ProviderError } from '../../provider-error.ts';
import type { ComfyuiApi } from './comfyui-api.ts';
import type { ComfyuiPace } from './comfyui-config.ts';
import {
  executionFailed,
  isBlockedBranch,
  noPicture,
  outOfReach,
  stoppedByOperator,
  workIsLost,
} from './comfyui-errors.ts';
import { ComfyuiProgress } from './comfyui-progress.ts';
import type { ComfyuiSocket, SocketListener } from './comfyui-socket.ts';
import {
  ExecutionFailure,
  type HistoryEntry,
  keptImage,
  type QueuePlace,
  type SavedImage,
  type SocketMessage,
} from './comfyui-wire.ts';
import type { ComfyuiGraph } from './comfyui-workflow.ts';

/** What a run works with. */
export interface ComfyuiRunOptions {
  readonly api: ComfyuiApi;
  readonly pace: ComfyuiPace;
  /** Id of the work; the backend may give it another one (`adopt`). */
  readonly promptId: string;
  readonly saveNode: string;
  /** The graph that was submitted; undefined: it is read from the queue. */
  readonly graph: ComfyuiGraph | undefined;
  /** The WebSocket of a client id. */
  readonly socketOf: (clientId: string) => ComfyuiSocket;
}

/** How soon the history is asked again after the end was announced, and for how long, in milliseconds. */
const ANNOUNCED = { everyMs: 150, forMs: 2_000 } as const;
/** An announced change of the queue is looked at after this time: the run's own events come first. */
const QUEUE_NEWS_MS = 100;
/** Every how many polls the queue is asked, beside the history, when there is nothing else to hear. */
const QUEUE_EVERY = 3;

type Ending = { readonly file: SavedImage } | { readonly error: ProviderError };

/**
 * One prompt at the backend, followed to its end: told by the WebSocket, and decided by the history. Where it is in
 * neither queue nor history it is lost; an empty history alone means nothing.
 */
export class ComfyuiRun implements SocketListener {
  /** The backend works on it, as far as is known. */
  isRunning = false;
  promptId: string;
  readonly #options: ComfyuiRunOptions;
  #progress: ComfyuiProgress | undefined;
  #socket: ComfyuiSocket | undefined;
  #unsubscribe: (() => void) | undefined;
  readonly #said: Update[] = [];
  #wake: () => void = () => {};
  #ending: Ending | undefined;
  #position: number | undefined;
  /** The save node's picture, by its own message. */
  #executed: SavedImage | undefined;
  /** When the end was announced. */
  #announcedAt: number | undefined;
  #lookAt = Number.POSITIVE_INFINITY;
  #looks = 0;
  #outageSince: number | undefined;
  /** When the WebSocket was last connected, and last told of this prompt. */
  #connectedAt = 0;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** How often a silent WebSocket was connected anew. */
  #renewals = 0;

  constructor(options: ComfyuiRunOptions) {
    this.#options = options;
    this.promptId = options.promptId;
    if (options.graph !== undefined) this.#progress = new ComfyuiProgress(options.graph);
  }

  /** Anything was heard about it: the backend has it. */
  get isKnown(): boolean {
    return this.isRunning || Number.isFinite(this.#heardAt);
  }

  /** Whether the WebSocket tells of it. */
  get hearsEvents(): boolean {
    return this.#socket?.connected === true;
  }

  /** Listens to the WebSocket of this client id. */
  listen(clientId: string): ComfyuiSocket {
    this.#socket = this.#options.socketOf(clientId);
    this.#connectedAt = performance.now();
    this.#unsubscribe = this.#socket.subscribe(this.promptId, this);
    return this.#socket;
  }

  /** Servers of before mid-2025 choose the id themselves. */
  adopt(promptId: string): void {
    if (promptId === this.promptId) return;
    const former = this.#unsubscribe;
    this.promptId = promptId;
    this.#unsubscribe = this.#socket?.subscribe(promptId, this);
    former?.();
  }

  /** Frees the WebSocket. */
  leave(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** Follows it to its end; the picture's file. The backend is first asked after `askAfterMs`. */
  async *follow(signal: AbortSignal, askAfterMs: number): AsyncGenerator<Update, SavedImage> {
    this.#lookWithin(askAfterMs);
    for (;;) {
      for (let update = this.#said.shift(); update !== undefined; update = this.#said.shift()) yield update;
      signal.throwIfAborted();
      if (this.#ending !== undefined) break;
      const rest = this.#lookAt - performance.now();
      if (rest > 0) await this.#news(rest, signal);
      else await this.#look(signal);
    }
    if ('error' in this.#ending) throw this.#ending.error;
    return this.#ending.file;
  }

  onMessage(message: SocketMessage): void {
    const wasHeard = message.type !== 'executing' || message.data.prompt_id != null;
    if (wasHeard) this.#heardAt = performance.now();
    this.#take(message);
    const news = this.#progress?.news();
    if (this.isRunning && news !== undefined) this.#say(news);
    this.#wake();
  }

  onPreview(image: EncodedImage): void {
    this.#heardAt = performance.now();
    this.#begin();
    this.#say({ type: 'preview', image });
  }

  onQueue(): void {
    if (!this.isRunning) this.#lookWithin(QUEUE_NEWS_MS);
  }

  onConnection(): void {
    this.#connectedAt = performance.now();
    // Nothing is replayed: ask what was missed.
    this.#lookWithin(this.#socket?.connected && this.#socket.connections === 1 ? this.#options.pace.waitingPollMs : 0);
  }

  #take(message: SocketMessage): void {
    switch (message.type) {
      case 'execution_start':
        return this.#begin();
      case 'execution_cached':
        this.#begin();
        return this.#progress?.cached(message.data.nodes);
      case 'executing':
        return this.#takeExecuting(message.data);
      case 'progress':
        this.#begin();
        if (message.data.node != null) this.#progress?.node(message.data.node, message.data.value, message.data.max);
        return;
      case 'progress_state':
        this.#begin();
        return this.#progress?.state(message.data.nodes);
      case 'executed':
        if (message.data.node === this.#options.saveNode) this.#executed = keptImage(message.data.output);
        return;
      case 'execution_success':
        return this.#announce();
      case 'execution_error':
        if (!isBlockedBranch(message.data)) this.#end({ error: executionFailed(message.data) });
        return;
      case 'execution_interrupted':
        return this.#end({ error: stoppedByOperator() });
      default:
        return;
    }
  }

  /** `executing` without a node is the end, of whatever kind. */
  #takeExecuting({ node, prompt_id }: Extract<SocketMessage, { type: 'executing' }>['data']): void {
    if (node == null) return prompt_id == null ? undefined : this.#announce();
    this.#begin();
    this.#progress?.executing(node);
  }

  #begin(): void {
    this.isRunning = true;
  }

  /** Known from the queue alone: whoever was told that it waits hears that it does no more. */
  #beginSilently(): void {
    const news = this.isRunning || this.#position === undefined ? undefined : this.#progress?.news();
    this.#begin();
    if (news !== undefined) this.#say(news);
  }

  #announce(): void {
    this.#announcedAt ??= performance.now();
    this.#lookWithin(0);
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#wake();
  }

  #say(update: Update): void {
    this.#said.push(update);
    this.#wake();
  }

  #lookWithin(ms: number): void {
    this.#lookAt = Math.min(this.#lookAt, performance.now() + ms);
    this.#wake();
  }

  /** Waits for something to happen, at most so long. */
  async #news(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const wake = () => resolve();
    this.#wake = wake;
    signal.addEventListener('abort', wake);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    this.#wake = () => {};
  }

  /** Asks the backend where the work is; an outage is ridden out. */
  async #look(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    this.#lookAt = Number.POSITIVE_INFINITY;
    try {
      await this.#ask(signal);
      this.#outageSince = undefined;
    } catch (thrown) {
      if (!isProviderError(thrown)) throw thrown;
      this.#outageSince ??= startedAt;
      if (performance.now() - this.#outageSince > this.#options.pace.outageMs) this.#end({ error: outOfReach(thrown) });
    }
    this.#lookAt = Math.min(this.#lookAt, performance.now() + this.#pause());
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { api } = this.#options;
    const { promptId } = this;
    const entry = await api.ended(promptId, signal);
    if (entry !== undefined) return this.#takeEntry(entry);
    if (this.#looks++ % QUEUE_EVERY !== 0 && this.isRunning && this.#isAlone) return;
    const place = await api.place(promptId, signal);
    if (place !== undefined) return this.#takePlace(place);
    // It may have ended between the two questions.
    const late = await api.ended(promptId, signal);
    if (late !== undefined) this.#takeEntry(late);
    else this.#takeAbsence();
  }

  /** Whether polling is all there is. */
  get #isAlone(): boolean {
    return this.#announcedAt === undefined && this.#outageSince === undefined && !this.hearsEvents;
  }

  #takeEntry({ outputs, status }: HistoryEntry): void {
    for (const [type, data] of status?.messages ?? []) {
      if (type === 'execution_interrupted') return this.#end({ error: stoppedByOperator() });
      const failure = type === 'execution_error' ? ExecutionFailure.safeParse(data).data : undefined;
      if (failure !== undefined && !isBlockedBranch(failure)) return this.#end({ error: executionFailed(failure) });
    }
    const file = keptImage(outputs[this.#options.saveNode]);
    this.#end(file === undefined ? { error: noPicture() } : { file });
  }

  #takePlace({ position, clientId, graph }: QueuePlace): void {
    if (this.#progress === undefined && graph !== undefined) this.#progress = new ComfyuiProgress(graph);
    if (this.#socket === undefined && clientId !== undefined) this.listen(clientId);
    if (position === undefined) this.#beginSilently();
    else if (!this.isRunning && position !== this.#position) this.#say({ type: 'waiting', position });
    this.#position = position;
    if (this.isRunning) this.#renewSilentSocket();
  }

  /**
   * A connection that was made again may be deaf: the server forgot its id when it noticed the end of the one before.
   * One that is merely slow is let be longer each time.
   */
  #renewSilentSocket(): void {
    if (!this.hearsEvents || !this.#mayBeDeaf) return;
    const silence = performance.now() - Math.max(this.#heardAt, this.#connectedAt);
    if (silence < this.#options.pace.silentMs * 2 ** this.#renewals) return;
    this.#renewals += 1;
    this.#socket?.renew();
  }

  /** Its id may have had another connection before, of this process or, where work is gone on with, of an earlier one. */
  get #mayBeDeaf(): boolean {
    return this.#options.graph === undefined || (this.#socket?.connections ?? 0) > 1;
  }

  /** In neither queue nor history. */
  #takeAbsence(): void {
    if (this.#isFresh) return;
    // Somebody has cleared the history, but its end and its picture had been told.
    if (this.#announcedAt !== undefined && this.#executed !== undefined) this.#end({ file: this.#executed });
    else this.#end({ error: workIsLost() });
  }

  /** Its end was announced just now: the history follows. */
  get #isFresh(): boolean {
    return this.#announcedAt !== undefined && performance.now() - this.#announcedAt < ANNOUNCED.forMs;
  }

  /** How long until the next question. */
  #pause(): number {
    const { pollMs, waitingPollMs, safetyPollMs, silentMs } = this.#options.pace;
    if (this.#isFresh) return ANNOUNCED.everyMs;
    if (this.#outageSince !== undefined || !this.hearsEvents) return pollMs;
    if (!this.isRunning) return waitingPollMs;
    if (!this.#mayBeDeaf) return safetyPollMs;
    return this.#renewals > 0 && this.#heardAt < this.#connectedAt ? pollMs : Math.min(silentMs, safetyPollMs);
  }
}
