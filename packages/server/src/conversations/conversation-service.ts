import { randomBytes } from 'node:crypto';
import {
  type AddVersionRequest,
  type Conversation,
  IMAGE_PENDING,
  type Job,
  type JobOptions,
  type Message,
  type PostMessageRequest,
} from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type {
  ConversationPage,
  Idempotency,
  MessagePage,
  NewMessage,
  NewTurn,
  TurnResult,
} from '../conversation-store.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { JobService, Refusal } from '../jobs/job-service.ts';
import type { QueueBoard } from '../jobs/queue-board.ts';
import type { Relay } from '../relay.ts';
import type { Store } from '../store.ts';
import { promptOf } from './picture-request.ts';

/** A conversation, and who asks. */
export interface ConversationRef {
  readonly id: string;
  readonly owner: string;
  /** `Asked.client`, where a job is asked for. */
  readonly client?: string | undefined;
}

export type PostResult =
  | {
      readonly ok: true;
      readonly created: boolean;
      readonly messages: readonly Message[];
      readonly job: Job | undefined;
    }
  | ({ readonly ok: false } & Refusal);

export interface ConversationServiceOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly jobs: JobService;
  readonly board: QueueBoard;
  readonly relay: Relay;
  readonly clock: Clock;
}

/** What is asked for in a turn. */
interface Asking {
  readonly content: string;
  readonly prompt: string | undefined;
  readonly options: JobOptions | undefined;
  readonly idempotency: Idempotency | undefined;
  /** Ids of the first version's messages: the request's and the picture's. */
  readonly versionOf?: { readonly request: number | undefined; readonly picture: number };
}

const HINT =
  'I make pictures. Say “draw” and what you want to see, for example: draw a red boat on a calm lake at dawn.';

/** Characters of a first message that become the title. */
const TITLE_CHARS = 60;

const refuse = (reason: 'no-conversation' | 'no-message' | 'idempotency-conflict'): PostResult => ({
  ok: false,
  reason,
});

/** The first words of a message, on one line. */
function titleFrom(content: string): string {
  const line = content.replaceAll(/\s+/g, ' ').trim();
  const chars = [...line];
  return chars.length <= TITLE_CHARS
    ? line
    : `${chars
        .slice(0, TITLE_CHARS - 1)
        .join('')
        .trimEnd()}…`;
}

function pictureMessage(job: Job, versionOf: number | undefined): NewMessage {
  return {
    role: 'bot',
    content: IMAGE_PENDING,
    metadata: {
      type: 'image',
      status: 'queued',
      progress: 0,
      queue_position: 0,
      job_id: job.id,
      prompt: job.prompt,
      ...(versionOf !== undefined && { version_of: versionOf }),
    },
  };
}

/** What people do in their conversations. Whoever is not the owner finds nothing. */
export class ConversationService {
  readonly #options: ConversationServiceOptions;

  constructor(options: ConversationServiceOptions) {
    this.#options = options;
  }

  /** Makes an empty one. */
  async create(owner: string, title = ''): Promise<Conversation> {
    const now = this.#now();
    const conversation = { id: randomBytes(16).toString('base64url'), title, createdAt: now, updatedAt: now };
    await this.#store.create(conversation, owner);
    this.#tell({ id: conversation.id, owner }, now);
    return conversation;
  }

  /** Last changed first. */
  list(owner: string, limit: number, cursor?: string): Promise<ConversationPage> {
    return this.#store.list(owner, limit, cursor);
  }

  read({ id, owner }: ConversationRef): Promise<Conversation | undefined> {
    return this.#store.read(id, owner);
  }

  async rename(ref: ConversationRef, title: string): Promise<Conversation | undefined> {
    const now = this.#now();
    const renamed = await this.#store.rename(ref.id, ref.owner, title, now);
    if (renamed !== undefined) this.#tell(ref, now);
    return renamed;
  }

  /** Removes it and stops what is still being made for it. False: there is none. */
  async delete(ref: ConversationRef): Promise<boolean> {
    const unfinished = await this.#store.delete(ref.id, ref.owner);
    if (unfinished === undefined) return false;
    this.#tell(ref, this.#now());
    await Promise.all(unfinished.map((jobId) => this.#options.jobs.cancel(jobId)));
    return true;
  }

  /** A page of messages, oldest first, each picture with its place in line as of now (rule M6). */
  async readMessages(ref: ConversationRef, limit: number, before?: number): Promise<MessagePage | undefined> {
    if ((await this.read(ref)) === undefined) return undefined;
    const page = await this.#store.readMessages(ref.id, limit, before);
    return { ...page, messages: await this.#withPlaces(page.messages) };
  }

  /** The message of a job, and the one it answers; for its owner's eyes. */
  async readMessageOfJob(jobId: string, owner: string | undefined): Promise<Message | undefined> {
    const record = await this.#options.log.load(jobId);
    if (record?.conversationId === undefined || record.owner !== owner) return undefined;
    return (await this.#store.readTurnOfJob(jobId)).at(-1);
  }

  /** Says something; the answer is a picture in the making, or how to ask for one (rule M3). */
  post(ref: ConversationRef, request: PostMessageRequest, idempotency?: Idempotency): Promise<PostResult> {
    const { content, picture, options } = request;
    return this.#ask(ref, { content, prompt: promptOf(content, picture), options, idempotency });
  }

  /** Asks for a picture again in other words; both stay (rule M7). */
  async addVersion(
    ref: ConversationRef,
    messageId: number,
    { content, options }: AddVersionRequest,
    idempotency?: Idempotency,
  ): Promise<PostResult> {
    if ((await this.read(ref)) === undefined) return refuse('no-conversation');
    const versionOf = await this.#findFirstVersion(ref.id, messageId);
    if (versionOf === undefined) return refuse('no-message');
    return this.#ask(ref, { content, prompt: promptOf(content, true), options, idempotency, versionOf });
  }

  async #ask(ref: ConversationRef, asking: Asking): Promise<PostResult> {
    const known = asking.idempotency && (await this.#findTurn(ref, asking.idempotency));
    if (known !== undefined) return known;
    const { prompt, options } = asking;
    if (prompt === undefined) {
      const hint: NewMessage = { role: 'bot', content: HINT, metadata: { type: 'hint' } };
      return this.#answer(ref, await this.#store.addTurn(this.#turn(ref, asking, hint)));
    }
    const request = options === undefined ? { prompt } : { prompt, options };
    const result = await this.#options.jobs.create(request, {
      owner: ref.owner,
      client: ref.client,
      turn: (job) => this.#turn(ref, asking, pictureMessage(job, asking.versionOf?.picture)),
    });
    if (!result.ok) return result;
    const messages = await this.#store.readTurnOfJob(result.job.id);
    if (result.created) this.#tell(ref, result.job.createdAt);
    return { ...result, messages: await this.#withPlaces(messages) };
  }

  async #findTurn(ref: ConversationRef, idempotency: Idempotency): Promise<PostResult | undefined> {
    if ((await this.read(ref)) === undefined) return refuse('no-conversation');
    const known = await this.#store.findTurn(ref.id, idempotency);
    return known && this.#answer(ref, known);
  }

  async #answer(ref: ConversationRef, result: TurnResult): Promise<PostResult> {
    if (result.outcome === 'no-conversation') return refuse(result.outcome);
    if (result.outcome === 'exists' && !result.sameRequest) return refuse('idempotency-conflict');
    const created = result.outcome === 'created';
    const last = result.messages.at(-1);
    if (created && last !== undefined) this.#tell(ref, last.created_at);
    const metadata = last?.extra_metadata;
    const record = metadata?.type === 'image' ? await this.#options.log.load(metadata.job_id) : undefined;
    return { ok: true, created, messages: await this.#withPlaces(result.messages), job: record?.job };
  }

  #turn(ref: ConversationRef, { content, idempotency, versionOf }: Asking, reply: NewMessage): NewTurn {
    const request = versionOf?.request;
    return {
      conversationId: ref.id,
      owner: ref.owner,
      at: this.#now(),
      messages: [
        { role: 'user', content, metadata: { type: 'text', ...(request !== undefined && { version_of: request }) } },
        reply,
      ],
      title: titleFrom(content),
      idempotency,
    };
  }

  /** Of a picture's message or of the one it answers: the messages that all its versions name. */
  async #findFirstVersion(conversationId: string, messageId: number): Promise<Asking['versionOf']> {
    const picture = (await this.#store.readTurn(conversationId, messageId)).at(-1);
    if (picture?.extra_metadata.type !== 'image') return undefined;
    const first = picture.extra_metadata.version_of ?? picture.id;
    const [original] = await this.#store.readTurn(conversationId, first);
    return { request: original?.reply_to, picture: first };
  }

  async #withPlaces(messages: readonly Message[]): Promise<readonly Message[]> {
    return Promise.all(messages.map((message) => this.#withPlace(message)));
  }

  async #withPlace(message: Message): Promise<Message> {
    const { extra_metadata: metadata } = message;
    if (metadata.type !== 'image' || metadata.status !== 'queued') return message;
    const place = await this.#options.board.place(metadata.job_id);
    return { ...message, extra_metadata: { ...metadata, queue_position: place?.position ?? 0 } };
  }

  #tell({ id, owner }: ConversationRef, updatedAt: string): void {
    this.#options.relay.publish({ conversationId: id, owner, updatedAt });
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }

  get #store() {
    return this.#options.store.conversations;
  }
}
