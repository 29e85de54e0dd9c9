import {
  CancelMineResponse,
  HealthResponse,
  type Job,
  JobListResponse,
  type JobOptions,
  JobResponse,
  JobSnapshotResponse,
  MoveJobResponse,
  type ProviderStatus,
  ProvidersResponse,
} from '@darkroom/protocol';
import { defaultEnvironment, type Environment } from './environment.ts';
import { type ApiRequest, request } from './requests.ts';
import type { Network } from './transports/transport.ts';
import type { JobWatch } from './watch-state.ts';
import { Watches } from './watches.ts';

/** Where the server is, and what to reach it with. Everything has a default. */
export interface ClientOptions {
  /** The server's address; default: the page's origin, and in Node `http://127.0.0.1:8787`. A path is kept. */
  readonly baseUrl?: string | URL;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
  /** Default: the global one; where there is none, jobs are watched over SSE. */
  readonly WebSocket?: typeof WebSocket;
  /** Default: the page's, or the process's. */
  readonly environment?: Environment;
}

/** What a job is asked to draw. */
export interface CreateJobInput {
  readonly prompt: string;
  readonly options?: JobOptions | undefined;
}

/** A page of jobs, newest first; `nextCursor` leads to the next page and is null on the last. */
export type JobPage = JobListResponse;

/** Which page of the jobs. */
export interface ListJobsOptions {
  readonly limit?: number;
  readonly cursor?: string | undefined;
  /** Only those this visitor made (rule R10). */
  readonly mine?: boolean;
  /** Of one's own: only those that wait or are under way; the page then has their places as `queue`. */
  readonly state?: 'active';
}

/** A Darkroom server, as seen by those who use it. Every failure is a `DarkroomError`. */
export interface DarkroomClient {
  /**
   * Creates a job. Safe to repeat: every call has an `Idempotency-Key` of its own unless one is given, so that a try
   * after a network failure never draws twice.
   */
  createJob(input: CreateJobInput, options?: { readonly idempotencyKey?: string }): Promise<Job>;
  getJob(jobId: string): Promise<Job>;
  listJobs(options?: ListJobsOptions): Promise<JobPage>;
  /** Runs a failed job again. Those who watch it here see it at once. */
  retryJob(jobId: string): Promise<Job>;
  /** Stops a job. Those who watch it here see it at once. */
  cancelJob(jobId: string): Promise<Job>;
  /** Stops all jobs of this visitor; answers their ids. */
  cancelMyJobs(): Promise<readonly string[]>;
  /** Puts one's own waiting job before another of one's own, or behind all of them (null). */
  moveJob(jobId: string, before: string | null): Promise<MoveJobResponse['waiting']>;
  /** Calls `listener` with every job that a request of this client was answered with; returns its undo. */
  onJob(listener: (job: Job) => void): () => void;
  /** How the server is, also when it is not well. */
  health(): Promise<HealthResponse>;
  /** The backends in order of preference: their health, load and what they can do. */
  listProviders(): Promise<readonly ProviderStatus[]>;
  /** Asks for what has no method here: the answer is checked by the schema that comes with the question. */
  ask<Answer>(wanted: ApiRequest<Answer>): Promise<Answer>;
  /** Takes the state of a job that some answer brought along. Those who watch it here see it at once. */
  learnJob(job: Job): void;
  /**
   * Calls `listener` with the id of every conversation of this visitor that changed anywhere (rule M8), and without
   * one when any of them may have, unseen; returns its undo. Only a WebSocket tells: over other transports, read again now and then.
   */
  onConversation(listener: (conversationId: string | undefined) => void): () => void;
  /** Watches a job until it is final or the watch is closed. */
  watchJob(jobId: string): JobWatch;
  /** Closes every watch and connection. */
  close(): void;
}

/** A client of the Darkroom server at `baseUrl`. Opens nothing until it is asked to. */
export function createClient(options: ClientOptions = {}): DarkroomClient {
  const environment = options.environment ?? defaultEnvironment();
  return new Client(networkOf(options, environment), environment);
}

function networkOf(options: ClientOptions, environment: Environment): Network {
  const page = typeof location === 'undefined' ? 'http://127.0.0.1:8787' : location.origin;
  const baseUrl = new URL(options.baseUrl ?? page, page);
  if (!baseUrl.pathname.endsWith('/')) baseUrl.pathname += '/';
  const { fetch = globalThis.fetch, WebSocket = globalThis.WebSocket } = options;
  // A browser's fetch insists on being called without a receiver of ours.
  return { baseUrl, fetch: (input, init) => fetch(input, init), WebSocket, now: () => environment.now() };
}

class Client implements DarkroomClient {
  readonly #network: Network;
  readonly #environment: Environment;
  readonly #watches: Watches;

  constructor(network: Network, environment: Environment) {
    this.#network = network;
    this.#environment = environment;
    this.#watches = new Watches(network, environment);
  }

  ask<Answer>(wanted: ApiRequest<Answer>): Promise<Answer> {
    return request(this.#network, this.#environment, wanted);
  }

  learnJob(job: Job): void {
    this.#watches.learn(job);
  }

  onConversation(listener: (conversationId: string | undefined) => void): () => void {
    return this.#watches.listen(listener);
  }

  createJob({ prompt, options }: CreateJobInput, { idempotencyKey = randomKey() } = {}): Promise<Job> {
    const body = options === undefined ? { prompt } : { prompt, options };
    return this.#job({ method: 'POST', path: 'api/jobs', body, idempotencyKey, repeatable: true, answer: JobResponse });
  }

  getJob(jobId: string): Promise<Job> {
    return this.#job({ method: 'GET', path: jobPath(jobId), repeatable: true, answer: JobSnapshotResponse });
  }

  listJobs(query: ListJobsOptions = {}): Promise<JobPage> {
    return this.ask({
      method: 'GET',
      path: 'api/jobs',
      query: { ...query, mine: query.mine === true ? 'true' : undefined },
      repeatable: true,
      answer: JobListResponse,
    });
  }

  retryJob(jobId: string): Promise<Job> {
    return this.#job({ method: 'POST', path: jobPath(jobId, '/retry'), repeatable: false, answer: JobResponse });
  }

  cancelJob(jobId: string): Promise<Job> {
    return this.#job({ method: 'POST', path: jobPath(jobId, '/cancel'), repeatable: true, answer: JobResponse });
  }

  async cancelMyJobs(): Promise<readonly string[]> {
    const answer = CancelMineResponse;
    return (await this.ask({ method: 'POST', path: 'api/jobs/cancel-mine', repeatable: true, answer })).cancelled;
  }

  async moveJob(jobId: string, before: string | null): Promise<MoveJobResponse['waiting']> {
    const asked = { method: 'POST', path: jobPath(jobId, '/move'), body: { before }, repeatable: true } as const;
    return (await this.ask({ ...asked, answer: MoveJobResponse })).waiting;
  }

  onJob(listener: (job: Job) => void): () => void {
    return this.#watches.onJob(listener);
  }

  health(): Promise<HealthResponse> {
    return this.ask({ method: 'GET', path: 'api/health', repeatable: true, alsoFine: [503], answer: HealthResponse });
  }

  async listProviders(): Promise<readonly ProviderStatus[]> {
    const answer = ProvidersResponse;
    const { providers } = await this.ask({ method: 'GET', path: 'api/providers', repeatable: true, answer });
    return providers;
  }

  watchJob(jobId: string): JobWatch {
    return this.#watches.watch(jobId);
  }

  close(): void {
    this.#watches.close();
  }

  async #job(wanted: ApiRequest<{ job: Job }>): Promise<Job> {
    const { job } = await this.ask(wanted);
    this.#watches.learn(job);
    return job;
  }
}

function jobPath(jobId: string, below = ''): string {
  return `api/jobs/${encodeURIComponent(jobId)}${below}`;
}

/** 128 random bits. `crypto.randomUUID` would be missing on a page served over plain HTTP. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
