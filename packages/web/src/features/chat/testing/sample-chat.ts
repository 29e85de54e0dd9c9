import type { DarkroomClient, JobWatch, WatchState } from '@darkroom/client';
import type { Job, Message, PictureMetadata } from '@darkroom/protocol';

const AT = '2026-01-01T00:00:00.000Z';

export function sampleJob(patch: Partial<Job> = {}): Job {
  return {
    id: 'j1',
    status: 'running',
    attempt: 1,
    maxAttempts: 3,
    prompt: 'a boat',
    lastEventSeq: 1,
    createdAt: AT,
    updatedAt: AT,
    ...patch,
  };
}

export function userMessage(id: number, versionOf?: number): Message {
  const version = versionOf === undefined ? {} : { version_of: versionOf };
  const extra_metadata = { type: 'text' as const, ...version };
  const base = { conversation_id: 'c1', created_at: AT, updated_at: AT };
  return { ...base, id, role: 'user', content: `words ${id}`, extra_metadata };
}

export function pictureMessage(id: number, replyTo: number, patch: Partial<PictureMetadata> = {}): Message {
  const metadata: PictureMetadata = {
    type: 'image',
    status: 'processing',
    progress: 0,
    queue_position: 0,
    job_id: `j${id}`,
    prompt: 'a boat',
    ...patch,
  };
  const base = { conversation_id: 'c1', created_at: AT, updated_at: AT, reply_to: replyTo };
  return { ...base, id, role: 'bot', content: '[IMAGE_PENDING]', extra_metadata: metadata };
}

const UNKNOWN: WatchState = {
  job: undefined,
  events: [],
  queue: undefined,
  phase: 'live',
  mode: 'ws',
  demotion: undefined,
  pollIntervalMs: 2_000,
  reconnectAttempt: 0,
  retryAt: undefined,
  lastMessageAt: undefined,
  error: undefined,
};

/** A watch whose job a test sets. */
export class ScriptedWatch implements JobWatch {
  readonly jobId: string;
  closed = false;
  #state = UNKNOWN;
  readonly #listeners = new Set<() => void>();

  constructor(jobId: string) {
    this.jobId = jobId;
  }

  tell(patch: Partial<WatchState>): void {
    this.#state = { ...this.#state, ...patch };
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  getSnapshot(): WatchState {
    return this.#state;
  }

  reconnect(): void {}

  switchToPolling(): void {}

  close(): void {
    this.closed = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<never> {}
}

/** A client without a server: watches are scripted, every request fails unless a test says otherwise. */
export function scriptedClient(patch: Partial<DarkroomClient> = {}) {
  const watches = new Map<string, ScriptedWatch>();
  const asked: string[] = [];
  const unused = () => Promise.reject(new Error('not part of this test'));
  const client: DarkroomClient = {
    ask: unused,
    learnJob: () => {},
    onConversation: () => () => {},
    createJob: unused,
    listJobs: unused,
    retryJob: unused,
    cancelJob: unused,
    cancelMyJobs: unused,
    moveJob: unused,
    onJob: () => () => {},
    health: unused,
    listProviders: unused,
    getJob: (jobId) => {
      asked.push(jobId);
      return unused();
    },
    watchJob: (jobId) => {
      const watch = new ScriptedWatch(jobId);
      watches.set(jobId, watch);
      return watch;
    },
    close: () => {},
    ...patch,
  };
  const watch = (jobId: string) => {
    const found = watches.get(jobId);
    if (found === undefined) throw new Error(`nobody watches ${jobId}`);
    return found;
  };
  return { client, watch, asked, watched: watches };
}
