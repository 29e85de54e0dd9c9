import type { WorkRecord } from '../fake-backend.ts';
import { ComfyRun, type Ending, type ExecutorHost } from './comfy-executor.ts';
import { type ComfyPrompt, queueItem, type SavedFile, subjectOf } from './comfy-prompt.ts';

/** Times that a late history is asked for in vain. */
const LATE_ASKS = 3;
const EMPTY: WorkRecord = { prompt: '', seed: 0, takenAt: 0, startedAt: undefined, endedAt: undefined };

/** Queue, history and the one worker of a ComfyUI server: all in memory, and gone with the process. */
export class ComfyQueue {
  mostRunning = 0;
  readonly #host: ExecutorHost;
  #pending: ComfyPrompt[] = [];
  #running: { readonly prompt: ComfyPrompt; readonly run: ComfyRun } | undefined;
  #history = new Map<string, object>();
  /** How often the history of a prompt must still be asked for in vain. */
  readonly #asksBeforeHistory = new Map<string, number>();
  #cache = new Map<string, SavedFile | undefined>();
  #life = new AbortController();
  readonly #journal = new Map<string, WorkRecord>();
  #nextNumber = 0;

  constructor(host: ExecutorHost) {
    this.#host = host;
  }

  get alive(): number {
    return this.#pending.length + (this.#running === undefined ? 0 : 1);
  }

  /** Node that the running prompt of this owner is at. */
  nodeOf(owner: string): string | undefined {
    return this.#running?.prompt.owner === owner ? this.#running.run.node : undefined;
  }

  takeNumber(front: boolean): number {
    const number = this.#nextNumber++;
    return front ? -number : number;
  }

  /** Every prompt so far, ended ones included. */
  get journal(): readonly WorkRecord[] {
    return [...this.#journal.values()];
  }

  put(prompt: ComfyPrompt): void {
    this.#pending.push(prompt);
    const { prompt: words, seed } = subjectOf(prompt.graph, this.#host.classes());
    this.#note(prompt.id, { prompt: words, seed, takenAt: Date.now(), startedAt: undefined, endedAt: undefined });
    this.tellStatus();
    setImmediate(() => this.#next());
  }

  /** `GET /queue`. */
  describe(): object {
    const queue_running = this.#running === undefined ? [] : [queueItem(this.#running.prompt)];
    return { queue_running, queue_pending: this.#pending.toReversed().map(queueItem) };
  }

  /** `POST /queue {delete}`. */
  delete(ids: readonly string[]): void {
    for (const { id } of this.#pending) if (ids.includes(id)) this.#note(id, { endedAt: Date.now() });
    this.#pending = this.#pending.filter(({ id }) => !ids.includes(id));
    this.tellStatus();
    this.#next();
  }

  /** `POST /interrupt`: without an id, whatever runs. */
  interrupt(id?: string): void {
    if (this.#running !== undefined && (id === undefined || this.#running.prompt.id === id))
      this.#running.run.interrupt();
  }

  /** `POST /api/jobs/{id}/cancel` of 2026: whether there was anything to cancel. */
  cancel(id: string): boolean {
    const status = this.statusOf(id);
    if (status === 'pending') this.delete([id]);
    if (status === 'in_progress') this.interrupt(id);
    return status === 'pending' || status === 'in_progress';
  }

  statusOf(id: string): 'pending' | 'in_progress' | 'completed' | undefined {
    if (this.#running?.prompt.id === id) return 'in_progress';
    if (this.#pending.some((prompt) => prompt.id === id)) return 'pending';
    return this.#history.has(id) ? 'completed' : undefined;
  }

  historyOf(id: string): object {
    const entry = this.#history.get(id);
    const asksLeft = this.#asksBeforeHistory.get(id) ?? 0;
    if (entry !== undefined && asksLeft > 0) this.#asksBeforeHistory.set(id, asksLeft - 1);
    return entry === undefined || asksLeft > 0 ? {} : { [id]: entry };
  }

  wholeHistory(): object {
    return Object.fromEntries(this.#history);
  }

  forget(ids: readonly string[] = [...this.#history.keys()]): void {
    for (const id of ids) this.#history.delete(id);
  }

  release(): void {
    for (const prompt of this.#pending) prompt.held = false;
    this.#next();
  }

  die(): void {
    this.#life.abort();
    for (const [id, { endedAt }] of this.#journal) if (endedAt === undefined) this.#note(id, { endedAt: Date.now() });
    this.#life = new AbortController();
    this.#pending = [];
    this.#running = undefined;
    this.#history = new Map();
    this.#cache = new Map();
    this.#nextNumber = 0;
  }

  get remaining(): object {
    return { status: { exec_info: { queue_remaining: this.alive } } };
  }

  tellStatus(): void {
    this.#host.sockets.send('status', this.remaining);
  }

  #note(id: string, news: Partial<WorkRecord>): void {
    const known = this.#journal.get(id) ?? EMPTY;
    this.#journal.set(id, { ...known, ...news });
  }

  /** Takes the one with the lowest number. One that is held keeps those behind it waiting too. */
  #next(): void {
    const [first] = this.#pending.toSorted((a, b) => a.number - b.number);
    if (this.#running !== undefined || first === undefined || first.held) return;
    this.#pending = this.#pending.filter((prompt) => prompt !== first);
    this.#note(first.id, { startedAt: Date.now() });
    const life = this.#life.signal;
    this.#running = { prompt: first, run: new ComfyRun(first, this.#host, life) };
    this.mostRunning = Math.max(this.mostRunning, 1);
    this.tellStatus();
    this.#work(this.#running, life).catch((error: unknown) => {
      if (!life.aborted) throw error;
    });
  }

  async #work({ prompt, run }: { prompt: ComfyPrompt; run: ComfyRun }, life: AbortSignal): Promise<void> {
    const ending = await run.run(this.#cache);
    life.throwIfAborted();
    if (prompt.quirk === 'late-history') this.#asksBeforeHistory.set(prompt.id, LATE_ASKS);
    if (prompt.quirk !== 'cleared-history') this.#history.set(prompt.id, historyEntry(prompt, ending));
    this.#running = undefined;
    this.#note(prompt.id, { endedAt: Date.now() });
    this.tellStatus();
    if (prompt.owner !== undefined)
      this.#host.sockets.send('executing', { node: null, prompt_id: prompt.id }, prompt.owner);
    this.#next();
  }
}

function historyEntry(prompt: ComfyPrompt, { outputs, success, messages }: Ending): object {
  const status = { status_str: success ? 'success' : 'error', completed: success, messages };
  const meta = Object.fromEntries(Object.keys(outputs).map((id) => [id, { node_id: id, display_node: id }]));
  return { prompt: queueItem(prompt), outputs, status, meta };
}
