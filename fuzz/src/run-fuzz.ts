import { join } from 'node:path';
import fc from 'fast-check';
import type { Environment } from '../../packages/server/src/config.ts';
import { readOperations } from './inputs/api-operations.ts';
import { httpRequests, orderlyRequests, type RawRequest } from './inputs/http-requests.ts';
import type { KnownIds } from './inputs/known-ids.ts';
import { type RawFrame, socketFrames } from './inputs/socket-messages.ts';
import { judgeAnswer, judgeTalk } from './judge-answer.ts';
import { percentile } from './load/percentile.ts';
import { type Experience, PoliteClient } from './load/polite-client.ts';
import { type Population, populate } from './load/populate.ts';
import { type ServerUnderTest, startServer } from './server/server-under-test.ts';
import { HttpSender, type Target } from './wire/http-sender.ts';
import { sendFrames } from './wire/socket-sender.ts';

export interface FuzzOptions {
  /** Decides every request. */
  readonly seed: number;
  /** Requests and socket messages in all, at least. */
  readonly messages: number;
  /** Clients that do everything right at the same time. */
  readonly politeClients: number;
  /** Settings of the server: where its data is. */
  readonly environment: Environment;
  /** A folder for what the server logs. */
  readonly logs: string;
  /** Called with what happens. */
  readonly report: (news: string) => void;
}

export interface FuzzVerdict {
  readonly errors: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  /** What was slower or larger than it should be. Only a long run on a quiet machine can tell. */
  readonly missedTargets: readonly string[];
}

/** Requests that are on their way at the same time, at most. */
const BATCH = 24;
/** One batch in so many is one of sockets. */
const SOCKET_SHARE = 4;
/** Sockets of a batch. */
const SOCKETS = 4;
/** After so many batches memory is looked at, and what was deleted is replaced. */
const SAMPLE_EVERY = 50;
/** Orderly requests that are sent before, as a part of the hostile ones. */
const YARDSTICK_SHARE = 0.1;
/** Share of the memory samples that are left out, because caches still fill. */
const WARM_UP_SHARE = 0.3;
/** So many times as long as beside orderly requests may those of polite clients take (p99). */
const MAX_SLOWDOWN = 2;
/** So much of its first half may memory be in the second one. */
const MAX_GROWTH = 1.1;

/** Mean size of a batch, in messages: half of the maximum, because every length is equally likely. */
const AVERAGE_BATCH = ((SOCKET_SHARE - 1) * BATCH + SOCKETS * 10) / SOCKET_SHARE / 2;

/** Loopback has many addresses on Linux: hostile and polite clients then come from different ones. */
const addressOf = (last: number) => (process.platform === 'linux' ? `127.0.0.${last}` : undefined);

type Batch = { readonly requests: readonly RawRequest[] } | { readonly sockets: readonly (readonly RawFrame[])[] };

class Fuzz {
  readonly #server: ServerUnderTest;
  readonly #population: Population;
  readonly #options: FuzzOptions;
  readonly #target: Target;
  readonly #sender: HttpSender;
  readonly statuses = new Map<string, number>();
  readonly memoryBytes: number[] = [];
  sent = 0;
  #batches = 0;

  constructor(server: ServerUnderTest, population: Population, options: FuzzOptions) {
    this.#server = server;
    this.#population = population;
    this.#options = options;
    this.#target = { host: '127.0.0.1', port: server.port, localAddress: addressOf(3) };
    this.#sender = new HttpSender(this.#target);
  }

  /** Fails, by throwing, where the server does not stand the batch. */
  async run(batch: Batch): Promise<void> {
    const faults = 'requests' in batch ? await this.#send(batch.requests) : await this.#talk(batch.sockets);
    if (this.#server.ended !== undefined) throw new Error(this.#server.ended);
    const [fault] = faults.filter((each) => each !== undefined);
    if (fault !== undefined) throw new Error(fault);
    if (++this.#batches % SAMPLE_EVERY !== 0) return;
    await this.#sample();
    const { known, cookie } = this.#population;
    Object.assign(known, (await populate(this.#server.url, cookie)).known);
  }

  async #send(requests: readonly RawRequest[]): Promise<readonly (string | undefined)[]> {
    this.sent += requests.length;
    return await Promise.all(
      requests.map(async (request) => {
        const sent = await this.#sender.send(request);
        this.#count(typeof sent === 'string' ? sent : `${sent.status}`);
        return judgeAnswer(request, sent);
      }),
    );
  }

  async #talk(sockets: readonly (readonly RawFrame[])[]): Promise<readonly (string | undefined)[]> {
    this.sent += sockets.reduce((sum, frames) => sum + frames.length, 0);
    return await Promise.all(
      sockets.map(async (frames) => {
        const talk = await sendFrames(this.#target, frames);
        this.#count(`socket ${talk.end}${talk.closeCode === undefined ? '' : ` ${talk.closeCode}`}`);
        return judgeTalk(talk);
      }),
    );
  }

  async #sample(): Promise<void> {
    const bytes = (await this.#server.figure('process_resident_memory_bytes')) ?? 0;
    this.memoryBytes.push(bytes);
    const { messages, report } = this.#options;
    if (this.#batches % (20 * SAMPLE_EVERY) === 0)
      report(`${this.sent.toLocaleString('en')} of ${messages.toLocaleString('en')}, ${Math.round(bytes / 1e6)} MB`);
  }

  #count(outcome: string): void {
    this.statuses.set(outcome, (this.statuses.get(outcome) ?? 0) + 1);
  }

  close(): void {
    this.#sender.close();
  }
}

function batches(known: KnownIds, operations: ReturnType<typeof readOperations>, own: RawRequest['headers']) {
  const requests = fc.array(httpRequests(operations, known, own), { minLength: 1, maxLength: BATCH, size: 'max' });
  const sockets = fc.array(socketFrames(known), { minLength: 1, maxLength: SOCKETS, size: 'max' });
  return fc.oneof(
    { weight: SOCKET_SHARE - 1, arbitrary: requests.map((each): Batch => ({ requests: each })) },
    { weight: 1, arbitrary: sockets.map((each): Batch => ({ sockets: each })) },
  );
}

/** Lets polite clients work while `during` runs; answers what they saw. */
async function withPoliteClients(
  server: ServerUnderTest,
  count: number,
  during: () => Promise<void>,
): Promise<Experience> {
  const experience: Experience = { timesMs: [], failures: [] };
  const stop = new AbortController();
  const target = { host: '127.0.0.1', port: server.port, localAddress: addressOf(2) };
  const clients = Array.from({ length: count }, () => new PoliteClient(target, experience).run(stop.signal));
  try {
    await during();
  } finally {
    stop.abort();
    await Promise.all(clients);
  }
  return experience;
}

/** Sends hostile requests and socket messages to a server while polite clients use it, and judges both. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzVerdict> {
  const { messages, environment, logs } = options;
  const server = await startServer(environment, join(logs, 'server.log'));
  try {
    const operations = readOperations(await (await fetch(`${server.url}/api/openapi.json`)).json());
    const population = await populate(server.url);
    const { known } = population;
    const own = [['Cookie', population.cookie]] as const;
    const orderly = fc.array(orderlyRequests(operations, known, own), { minLength: 1, maxLength: BATCH, size: 'max' });
    const hostile = batches(known, operations, own);
    const calm = await attack(server, population, options, {
      batches: orderly.map((requests): Batch => ({ requests })),
      messages: Math.ceil(messages * YARDSTICK_SHARE),
    });
    const storm = await attack(server, population, options, { batches: hostile, messages });
    return verdictOf(server, calm, storm);
  } finally {
    await server.stop();
  }
}

/** What came of many batches, for the server and for the polite clients. */
interface Outcome {
  readonly fuzz: Fuzz;
  readonly experience: Experience;
  readonly failure: string | undefined;
}

/** Sends as many batches as carry so many messages, while polite clients use the server. */
async function attack(
  server: ServerUnderTest,
  population: Population,
  options: FuzzOptions,
  { batches, messages }: { readonly batches: fc.Arbitrary<Batch>; readonly messages: number },
): Promise<Outcome> {
  const fuzz = new Fuzz(server, population, options);
  const run = { seed: options.seed, numRuns: Math.ceil(messages / AVERAGE_BATCH) };
  let failure: string | undefined;
  const experience = await withPoliteClients(server, options.politeClients, async () => {
    const details = await fc.check(
      fc.asyncProperty(batches, (batch) => fuzz.run(batch)),
      run,
    );
    if (details.failed) failure = await fc.asyncDefaultReportMessage(details);
  });
  fuzz.close();
  return { fuzz, experience, failure };
}

const politely = (failure: string) => `a polite client: ${failure}`;

const p99Of = ({ timesMs }: Experience) => percentile(timesMs, 0.99);

const timesOf = (when: string, experience: Experience) => ({
  [`polite requests ${when}, p50 ms`]: Math.round(percentile(experience.timesMs, 0.5)),
  [`polite requests ${when}, p99 ms`]: Math.round(p99Of(experience)),
});

function verdictOf(server: ServerUnderTest, calm: Outcome, storm: Outcome): FuzzVerdict {
  const { fuzz, experience } = storm;
  const warm = fuzz.memoryBytes.slice(Math.floor(fuzz.memoryBytes.length * WARM_UP_SHARE));
  const half = Math.floor(warm.length / 2);
  const [early, late] = [percentile(warm.slice(0, half), 0.5), percentile(warm.slice(half), 0.5)];
  return {
    errors: [
      ...[calm.failure, storm.failure].filter((failure) => failure !== undefined),
      ...(server.ended === undefined ? [] : [server.ended]),
      ...new Set([calm, storm].flatMap((each) => each.experience.failures.slice(0, 20)).map(politely)),
      ...server.errors.map((line) => `logged: ${line}`),
    ],
    figures: {
      sent: fuzz.sent,
      ...Object.fromEntries([...fuzz.statuses].sort(([a], [b]) => a.localeCompare(b))),
      'polite requests': experience.timesMs.length,
      ...timesOf('beside hostile requests', experience),
      ...timesOf('beside orderly requests', calm.experience),
      'memory, first half, MB': Math.round(early / 1e6),
      'memory, second half, MB': Math.round(late / 1e6),
    },
    missedTargets: [
      ...(p99Of(experience) > MAX_SLOWDOWN * p99Of(calm.experience)
        ? [`polite requests took more than ${MAX_SLOWDOWN} times as long (p99) as beside orderly requests`]
        : []),
      ...(late > MAX_GROWTH * early ? [`memory grew by more than ${Math.round((MAX_GROWTH - 1) * 100)} %`] : []),
    ],
  };
}
