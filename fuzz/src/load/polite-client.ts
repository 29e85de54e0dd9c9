import { Agent, type IncomingMessage, request } from 'node:http';
import { ConversationResponse, JobResponse, JobSnapshotResponse, TurnResponse } from '@darkroom/protocol';
import { TINY_PNG } from '../../../packages/server/src/testing/scripted-provider.ts';
import type { Target } from '../wire/http-sender.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Body {
  readonly bytes: Buffer;
  readonly type: string;
}

/** What the polite clients saw. */
export interface Experience {
  /** Time of every request but those that wait for news, in milliseconds. */
  readonly timesMs: number[];
  /** What went wrong, in words. */
  readonly failures: string[];
}

/** A client that does everything right: it makes jobs, waits for their images, uploads, and talks. */
export class PoliteClient {
  readonly #target: Target;
  readonly #agent: Agent;
  readonly #experience: Experience;
  #cookie: string | undefined;

  constructor(target: Target, experience: Experience) {
    this.#target = target;
    this.#experience = experience;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Works until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#visit();
      } catch (thrown) {
        this.#experience.failures.push(thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
    this.#agent.destroy();
  }

  async #visit(): Promise<void> {
    const upload = await this.#ask('POST', '/api/uploads', 201, { bytes: TINY_PNG, type: 'image/png' });
    const image = upload.headers.location;
    const options = { steps: 5, ...(image !== undefined && { image }) };
    const created = await this.#post('/api/jobs', 201, { prompt: 'a lighthouse at dusk', options });
    await this.#follow(JobResponse.parse(created).job.id);
    const { conversation } = ConversationResponse.parse(await this.#post('/api/conversations', 201, { title: 'Talk' }));
    const path = `/api/conversations/${conversation.id}`;
    const turn = TurnResponse.parse(await this.#post(`${path}/messages`, 201, { content: 'draw a boat' }));
    if (turn.job !== undefined) await this.#follow(turn.job.id);
    await this.#ask('GET', `${path}/messages`, 200);
    await this.#ask('DELETE', path, 204);
  }

  /** Waits for the job's end as a polling client does, and opens its image. */
  async #follow(jobId: string): Promise<void> {
    for (let after = 0; ; ) {
      const path = `/api/jobs/${jobId}?after=${after}&wait=20`;
      const { body } = await this.#request('GET', path);
      const { job, events } = JobSnapshotResponse.parse(JSON.parse(body.toString()));
      after = events.at(-1)?.seq ?? after;
      if (job.status === 'failed' || job.status === 'cancelled') throw new Error(`job ${jobId} is ${job.status}`);
      if (job.status !== 'completed') continue;
      await this.#ask('GET', job.resultUrls?.[0] ?? '', 200);
      return;
    }
  }

  async #post(path: string, status: number, body: unknown): Promise<unknown> {
    const bytes = Buffer.from(JSON.stringify(body));
    const answer = await this.#ask('POST', path, status, { bytes, type: 'application/json' });
    return JSON.parse(answer.body.toString());
  }

  /** A request that has to be answered with this status, and how long that took. */
  async #ask(method: string, path: string, status: number, body?: Body): Promise<Answer> {
    const startedAt = performance.now();
    const answer = await this.#request(method, path, body);
    this.#experience.timesMs.push(performance.now() - startedAt);
    if (answer.status !== status)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString().slice(0, 200)}`);
    return answer;
  }

  #request(method: string, path: string, body?: Body): Promise<Answer> {
    const { host, port, localAddress } = this.#target;
    const headers = {
      ...(this.#cookie !== undefined && { cookie: this.#cookie }),
      ...(body !== undefined && { 'content-type': body.type, 'content-length': body.bytes.length }),
    };
    return new Promise((resolve, reject) => {
      const sent = request({ agent: this.#agent, host, port, localAddress, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          this.#cookie = response.headers['set-cookie']?.[0]?.split(';')[0] ?? this.#cookie;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        });
      });
      sent.on('error', reject);
      sent.end(body?.bytes);
    });
  }
}
