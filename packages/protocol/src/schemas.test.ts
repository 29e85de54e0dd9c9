import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import * as protocol from './index.ts';

const at = '2026-01-01T00:00:00.000Z';
const id = 'a'.repeat(22);

const error = { code: 'PROVIDER_TIMEOUT', message: 'Too slow.', retryable: true };
const apiError = { code: 'INVALID_REQUEST', message: 'Too long.', retryable: false, field: 'prompt' };
const options = {
  size: '768',
  steps: 30,
  style: 'ink',
  seed: 7,
  negativePrompt: 'rain',
  cfg: 7.5,
  sampler: 'Euler a',
  model: 'xl',
  count: 2,
  provider: 'forge',
  image: `/api/uploads/${id}`,
  strength: 0.5,
};
const job = {
  id,
  status: 'failed',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'a lighthouse',
  options,
  resultUrls: ['/r/1.png'],
  lastEventSeq: 9,
  createdAt: at,
  updatedAt: at,
  percent: 40.5,
  previewUrl: '/p/1.jpg',
  error,
  provider: 'forge',
  upstreamId: 'u1',
  tried: ['comfyui'],
};
const notice = { kind: 'retry', provider: 'forge', position: 2, retry: 1, retries: 3, inMs: 500, error };
const event = {
  id: `${id}.2`,
  jobId: id,
  seq: 2,
  ts: at,
  stage: 'running',
  message: 'Step 1 of 30',
  percent: 3.3,
  previewUrl: '/p/1.jpg',
  error,
  attempt: 1,
  step: 1,
  steps: 30,
  resultUrls: ['/r/1.png'],
  provider: 'forge',
  upstreamId: 'u1',
  notice,
};
/** What only the server knows of a job or an event. */
const address = { upstreamAt: 'm1' };
const place = { position: 1, etaMs: 1_500.5 };
const pace = { size: 512, steps: 20, meanMs: 1_234.5 };
const capabilities = {
  sizes: ['512'],
  styles: ['ink'],
  models: ['xl'],
  samplers: ['Euler a'],
  steps: true,
  seed: true,
  negativePrompt: true,
  cfg: true,
  imageToImage: true,
  progress: true,
  previews: true,
  resume: true,
  traceable: true,
  cancel: 'stops',
};
const failure = { at, error };
const provider = {
  name: 'forge',
  kind: 'forge',
  ok: false,
  reason: 'failing',
  message: 'It answers 500.',
  concurrency: 1,
  running: 0,
  timeoutMs: 60_000,
  breaker: 'open',
  retryAt: at,
  capabilities,
  meanMs: 1_234.5,
  paces: [pace],
  recentFailures: [failure],
};
const healthPart = { ok: true, message: 'as it should be' };
const conversation = { id, title: 'Boats', createdAt: at, updatedAt: at };
const picture = {
  type: 'image',
  status: 'error',
  progress: 40,
  queue_position: 0,
  job_id: id,
  prompt: 'a boat',
  image_url: '/r/1.png',
  image_urls: ['/r/1.png', '/r/2.png'],
  error: 'Too slow.',
  error_code: 'CANCELLED',
  retryable: true,
  version_of: 4,
};
const message = {
  id: 6,
  conversation_id: id,
  role: 'bot',
  content: '[IMAGE_PENDING]',
  extra_metadata: picture,
  reply_to: 5,
  created_at: at,
  updated_at: at,
};
const imageJob = {
  job_id: id,
  status: 'processing',
  progress: 12.5,
  queue_position: 0,
  prompt: 'a boat',
  image_url: '/r/1.png',
  image_urls: ['/r/1.png'],
  error: 'Too slow.',
  message_id: 6,
  conversation_id: id,
};

type Value = Readonly<Record<string, unknown>>;

interface Shape {
  readonly schema: z.ZodMiniObject | z.ZodMiniDiscriminatedUnion;
  /** A value with every field there is. */
  readonly whole: Value;
  /** Fields that may be missing. */
  readonly optional?: readonly string[];
  /** Fields that may be null. */
  readonly nullable?: readonly string[];
  /** Numbers that may have a fraction. */
  readonly fractions?: readonly string[];
  /** Requests refuse an unknown field, which is a typing error. Answers drop it, so that a newer server can add one. */
  readonly isRequest?: true;
}

/** The name under which the protocol exports it. */
const nameOf = (exported: unknown) => Object.entries(protocol).find(([, value]) => value === exported)?.[0];

const shape = (schema: Shape['schema'], whole: Value, more: Omit<Shape, 'schema' | 'whole'> = {}): Shape => ({
  schema,
  whole,
  ...more,
});

/** Every object of the wire, and every member of a union. */
const SHAPES: readonly Shape[] = [
  shape(protocol.JobError, error),
  shape(protocol.ApiError, apiError, { optional: ['field'] }),
  shape(protocol.ApiErrorBody, { error: apiError }),

  shape(protocol.JobOptions, options, {
    optional: Object.keys(options),
    fractions: ['cfg', 'strength'],
  }),
  shape(
    protocol.Job,
    { ...job, ...address },
    {
      optional: [
        'options',
        'resultUrls',
        'percent',
        'previewUrl',
        'error',
        'provider',
        'upstreamId',
        'upstreamAt',
        'tried',
      ],
      fractions: ['percent'],
    },
  ),
  shape(protocol.PublicJob, job, {
    optional: ['options', 'resultUrls', 'percent', 'previewUrl', 'error', 'provider', 'upstreamId', 'tried'],
    fractions: ['percent'],
  }),
  shape(protocol.Notice, notice, {
    optional: ['provider', 'position', 'retry', 'retries', 'inMs', 'error'],
  }),
  shape(
    protocol.ProgressEvent,
    { ...event, ...address },
    {
      optional: Object.keys({ ...event, ...address }).filter(
        (field) => !['id', 'jobId', 'seq', 'ts', 'stage'].includes(field),
      ),
      fractions: ['percent'],
    },
  ),
  shape(protocol.PublicEvent, event, {
    optional: Object.keys(event).filter((field) => !['id', 'jobId', 'seq', 'ts', 'stage'].includes(field)),
    fractions: ['percent'],
  }),
  shape(protocol.QueuePlace, place, { optional: ['etaMs'], fractions: ['etaMs'] }),
  shape(protocol.Position, { epoch: 'e1', seq: 0 }, { optional: ['epoch'] }),
  shape(protocol.PicturePace, pace, { fractions: ['meanMs'] }),

  shape(
    protocol.CreateJobRequest,
    { prompt: 'a boat', options },
    {
      optional: ['options'],
      isRequest: true,
    },
  ),
  shape(protocol.JobResponse, { job }),
  shape(
    protocol.JobSnapshotResponse,
    { job, epoch: 'e1', head: 9, events: [event], more: false, reset: 'ahead', queue: place },
    { optional: ['reset', 'queue'] },
  ),
  shape(
    protocol.JobListResponse,
    { jobs: [job], nextCursor: 'c1', queue: { [id]: place } },
    { optional: ['queue'], nullable: ['nextCursor'] },
  ),
  shape(protocol.ProviderCapabilities, capabilities, {
    optional: ['traceable'],
    nullable: ['models', 'samplers'],
  }),
  shape(protocol.ProviderFailure, failure),
  shape(protocol.ProviderStatus, provider, {
    optional: ['reason', 'message', 'timeoutMs', 'retryAt', 'meanMs', 'paces'],
    fractions: ['meanMs'],
  }),
  shape(protocol.ProvidersResponse, { providers: [provider] }),
  shape(protocol.UploadResponse, {
    upload: { url: `/api/uploads/${id}`, width: 640, height: 480, expiresAt: at },
  }),
  shape(
    protocol.HealthResponse,
    {
      ok: true,
      version: '0.1.0',
      uptime: 12.5,
      queued: 3,
      storage: healthPart,
      queue: healthPart,
      relay: healthPart,
      providers: [provider],
    },
    { optional: ['queue', 'relay'], fractions: ['uptime'] },
  ),

  shape(protocol.Conversation, conversation),
  shape(protocol.PictureMetadata, picture, {
    optional: ['image_url', 'image_urls', 'error', 'error_code', 'retryable', 'version_of'],
    fractions: ['progress'],
  }),
  shape(protocol.MessageMetadata, picture, {
    optional: ['image_url', 'image_urls', 'error', 'error_code', 'retryable', 'version_of'],
    fractions: ['progress'],
  }),
  shape(protocol.MessageMetadata, { type: 'text', version_of: 4 }, { optional: ['version_of'] }),
  shape(protocol.MessageMetadata, { type: 'hint' }),
  shape(protocol.Message, message, { optional: ['reply_to'] }),
  shape(
    protocol.CreateConversationRequest,
    { title: 'Boats' },
    {
      optional: ['title'],
      isRequest: true,
    },
  ),
  shape(protocol.RenameConversationRequest, { title: 'Boats' }, { isRequest: true }),
  shape(
    protocol.PostMessageRequest,
    { content: 'draw a boat', picture: true, options },
    { optional: ['picture', 'options'], isRequest: true },
  ),
  shape(
    protocol.AddVersionRequest,
    { content: 'a red boat', options },
    {
      optional: ['options'],
      isRequest: true,
    },
  ),
  shape(protocol.ConversationResponse, { conversation }),
  shape(
    protocol.ConversationListResponse,
    { conversations: [conversation], nextCursor: 'c1' },
    { nullable: ['nextCursor'] },
  ),
  shape(
    protocol.MessageListResponse,
    { messages: [message], nextBefore: 6 },
    {
      nullable: ['nextBefore'],
    },
  ),
  shape(protocol.TurnResponse, { messages: [message], job }, { optional: ['job'] }),
  shape(protocol.CancelMineResponse, { cancelled: [id] }),
  shape(protocol.MoveJobRequest, { before: id }, { nullable: ['before'], isRequest: true }),
  shape(protocol.MoveJobResponse, { waiting: [{ jobId: id, ...place }] }),

  shape(protocol.IdentityResponse, { kind: 'anonymous' }),
  shape(protocol.IdentityResponse, { kind: 'user', name: 'Ada' }),
  shape(protocol.CreateIdentityLinkRequest, {}, { isRequest: true }),
  shape(protocol.IdentityLinkResponse, { url: '/adopt#t', token: 't', expiresAt: at }),
  shape(protocol.AdoptIdentityRequest, { token: 't' }, { isRequest: true }),
  shape(protocol.AdoptIdentityResponse, { adopted: true }),

  shape(
    protocol.GenerateImageRequest,
    {
      prompt: 'a boat',
      conversation_id: id,
      size: '768',
      steps: 30,
      style: 'ink',
      seed: 7,
      negative_prompt: 'rain',
      cfg_scale: 7.5,
      sampler: 'Euler a',
      model: 'xl',
      count: 2,
      provider: 'forge',
      image: `/api/uploads/${id}`,
      strength: 0.5,
    },
    {
      optional: [
        'conversation_id',
        'size',
        'steps',
        'style',
        'seed',
        'negative_prompt',
        'cfg_scale',
        'sampler',
        'model',
        'count',
        'provider',
        'image',
        'strength',
      ],
      fractions: ['cfg_scale', 'strength'],
      isRequest: true,
    },
  ),
  shape(protocol.ImageJob, imageJob, {
    nullable: ['image_url', 'error', 'message_id', 'conversation_id'],
    fractions: ['progress'],
  }),
  shape(protocol.ImageStatusResponse, { queue_size: 3, processing: 1, jobs: [imageJob] }),

  shape(
    protocol.ClientMessage,
    { type: 'subscribe', jobId: id, afterSeq: 0, epoch: 'e1' },
    { optional: ['afterSeq', 'epoch'] },
  ),
  shape(protocol.ClientMessage, { type: 'unsubscribe', jobId: id }),
  shape(protocol.ClientMessage, { type: 'ping' }),
  shape(protocol.ClientMessage, { type: 'pong' }),
  shape(protocol.Snapshot, { job, epoch: 'e1', head: 9 }),
  shape(
    protocol.ServerMessage,
    { type: 'hello', connectionId: 'c1', heartbeatMs: 10_000, maxSubscriptions: 64, now: 1.5 },
    { fractions: ['now'] },
  ),
  shape(protocol.ServerMessage, { type: 'subscribed', jobId: id, job, epoch: 'e1', head: 9 }),
  shape(protocol.ServerMessage, { type: 'event', event }),
  shape(protocol.ServerMessage, { type: 'events', jobId: id, events: [event] }),
  shape(protocol.ServerMessage, { type: 'queue', jobId: id, ...place }, { optional: ['etaMs'], fractions: ['etaMs'] }),
  shape(protocol.ServerMessage, {
    type: 'reset',
    jobId: id,
    reason: 'epoch',
    job,
    epoch: 'e1',
    head: 9,
  }),
  shape(protocol.ServerMessage, { type: 'conversation', conversationId: id, updatedAt: at }),
  shape(protocol.ServerMessage, { type: 'end', jobId: id, head: 9, status: 'completed' }),
  shape(protocol.ServerMessage, { type: 'error', jobId: id, error: apiError }, { optional: ['jobId'] }),
  shape(protocol.ServerMessage, { type: 'ping', now: 1.5 }, { fractions: ['now'] }),
  shape(protocol.ServerMessage, { type: 'pong', now: 1.5 }, { fractions: ['now'] }),
  shape(protocol.ServerMessage, { type: 'bye', afterMs: 500 }),
];

const accepts = ({ schema }: Shape, value: Value) => schema.safeParse(value).success;
const without = ({ whole }: Shape, field: string) =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field));
const fieldsWhere = ({ whole }: Shape, condition: (field: string, value: unknown) => boolean) =>
  Object.entries(whole)
    .filter(([field, value]) => condition(field, value))
    .map(([field]) => field)
    .sort();
const sorted = (fields: readonly string[] = []) => [...fields].sort();

describe.each(
  SHAPES.map((each) => {
    const member = each.whole['type'] ?? each.whole['kind'];
    const isUnion = each.schema instanceof z.ZodMiniDiscriminatedUnion;
    return { ...each, title: isUnion ? `${nameOf(each.schema)}, ${member}` : nameOf(each.schema) };
  }),
)('$title', (subject) => {
  it('carries every field unchanged', () => {
    expect(subject.schema.parse(subject.whole)).toEqual(subject.whole);
  });

  it('may lack its optional fields and no others', () => {
    expect(fieldsWhere(subject, (field) => accepts(subject, without(subject, field)))).toEqual(
      sorted(subject.optional),
    );
  });

  it('accepts null only in its nullable fields', () => {
    expect(fieldsWhere(subject, (field) => accepts(subject, { ...subject.whole, [field]: null }))).toEqual(
      sorted(subject.nullable),
    );
  });

  it('refuses a field of another type', () => {
    const other = (value: unknown) => (typeof value === 'string' ? 7 : 'seven');
    expect(
      fieldsWhere(subject, (field, value) => accepts(subject, { ...subject.whole, [field]: other(value) })),
    ).toEqual([]);
  });

  it('accepts fractions only in the fields that are not counts', () => {
    const takesFraction = (field: string, value: unknown) =>
      typeof value === 'number' && accepts(subject, { ...subject.whole, [field]: 0.5 });
    expect(fieldsWhere(subject, takesFraction)).toEqual(sorted(subject.fractions));
  });

  it(subject.isRequest ? 'refuses an unknown field' : 'drops an unknown field', () => {
    const parsed = subject.schema.safeParse({ ...subject.whole, unheardOf: 1 });
    if (subject.isRequest) expect(parsed.success).toBe(false);
    else expect(parsed.data).toEqual(subject.whole);
  });
});

/** Words that clients, stored logs and other programs depend on: a word may be added, and none may change. */
const WORDS: readonly [{ readonly options: readonly string[] }, string][] = [
  [protocol.JobStatus, 'queued running uploading completed failed cancelled'],
  [protocol.TransportMode, 'ws sse poll'],
  [protocol.JobSize, '512 768 1024'],
  [protocol.MessageRole, 'user bot system'],
  [protocol.PictureStatus, 'queued processing complete error'],
  [protocol.ResetReason, 'epoch ahead expired'],
  [protocol.HealthReason, 'unreachable refused failing unasked worker-silent model-missing no-models models-untold'],
  [
    protocol.ErrorCode,
    'NETWORK_DISCONNECTED STREAM_UNAVAILABLE PROVIDER_RATE_LIMIT PROVIDER_TIMEOUT PROVIDER_REJECTED INVALID_PROMPT SERVER_ERROR',
  ],
  [
    protocol.ApiErrorCode,
    'NETWORK_DISCONNECTED STREAM_UNAVAILABLE PROVIDER_RATE_LIMIT PROVIDER_TIMEOUT PROVIDER_REJECTED INVALID_PROMPT SERVER_ERROR ' +
      'INVALID_REQUEST NOT_FOUND WRONG_STATE IDEMPOTENCY_CONFLICT TOO_LARGE REQUEST_TIMEOUT RATE_LIMITED FORBIDDEN ' +
      'HOST_NOT_ALLOWED UPGRADE_REQUIRED ' +
      'TOO_MANY_SUBSCRIPTIONS QUEUE_FULL SHUTTING_DOWN STORAGE_UNAVAILABLE UNSUPPORTED_OPTION UNSUPPORTED_IMAGE ' +
      'LINK_INVALID LINK_EXPIRED LINK_USED LINK_NEEDLESS TOO_MANY_JOBS TOO_MANY_UPLOADS TOO_MANY_CONVERSATIONS ' +
      'CONVERSATION_FULL TOO_MANY_CONNECTIONS',
  ],
];

describe('the words of the wire', () => {
  it.each(WORDS.map(([list, words]) => ({ list, words, name: nameOf(list) })))('$name: $words', ({ list, words }) => {
    expect(list.options).toEqual(words.split(' '));
  });

  /** Words of fields whose list has no name of its own. */
  it.each([
    { schema: protocol.Notice, whole: notice, field: 'kind', words: 'waiting retry failover reattach' },
    { schema: protocol.ProviderCapabilities, whole: capabilities, field: 'cancel', words: 'stops detaches' },
    { schema: protocol.ProviderStatus, whole: provider, field: 'breaker', words: 'closed open half-open' },
    {
      schema: protocol.PictureMetadata,
      whole: picture,
      field: 'error_code',
      words: `${protocol.ErrorCode.options.join(' ')} CANCELLED`,
    },
  ])('$field: $words', ({ schema, whole, field, words }) => {
    for (const word of words.split(' ')) {
      const value = { ...whole, [field]: word };
      expect(schema.parse(value)).toEqual(value);
    }
    for (const word of ['other', '']) expect(schema.safeParse({ ...whole, [field]: word }).success).toBe(false);
  });
});

describe('the tables above', () => {
  /** How many lines of the table an export must have. */
  function linesOf(value: unknown): number {
    if (value instanceof z.ZodMiniDiscriminatedUnion) return value.def.options.length;
    return value instanceof z.ZodMiniObject ? 1 : 0;
  }

  it('have every object of the protocol, and every member of its unions', () => {
    const expected = Object.entries(protocol).flatMap(([name, value]) =>
      Array.from({ length: linesOf(value) }, () => name),
    );
    expect(SHAPES.map(({ schema }) => nameOf(schema)).sort()).toEqual(expected.sort());
  });

  it('have every list of words of the protocol', () => {
    const lists = Object.entries(protocol).filter(([, value]) => value instanceof z.ZodMiniEnum);
    expect(WORDS.map(([list]) => nameOf(list)).sort()).toEqual(lists.map(([name]) => name).sort());
  });
});
