import { ApiError, Conversation, Job, JobOptions, Message } from '@darkroom/protocol';
import * as z from 'zod/mini';
import { type ChatState, NOTHING, type PictureJob, type Thread } from './chat-state.ts';

const KEY = 'darkroom.chat.1';
/** What is kept, at most: enough to fill the screen before the network answers. */
const MOST = { conversations: 30, threads: 4, messages: 40, drafts: 20, words: 20, jobs: 40 } as const;

const CachedDraft = z.object({
  key: z.string(),
  conversationId: z.optional(z.string()),
  content: z.string(),
  picture: z.optional(z.literal(true)),
  options: z.optional(JobOptions),
  versionOf: z.optional(z.int()),
  madeLike: z.optional(z.string()),
  failure: z.optional(z.object({ error: z.optional(ApiError), retryAfterMs: z.optional(z.number()) })),
});

const Cached = z.object({
  /** The mark of the identity whose state it is. */
  identity: z._default(z.string(), ''),
  conversations: z.array(Conversation),
  threads: z.array(z.object({ id: z.string(), messages: z.array(Message), nextBefore: z.nullable(z.int()) })),
  drafts: z.array(CachedDraft),
  words: z.catch(z.record(z.string(), z.string()), {}),
  jobs: z.array(z.object({ conversationId: z.string(), messageId: z.int(), job: Job })),
});
type Cached = z.infer<typeof Cached>;

/** The newest messages of a conversation, as they are kept. */
function cachedThread(id: string, { messages, nextBefore }: Thread): Cached['threads'][number] {
  const kept = messages.slice(-MOST.messages);
  const cut = kept.length < messages.length;
  return { id, messages: kept, nextBefore: cut ? (kept[0]?.id ?? null) : (nextBefore ?? null) };
}

function toCached({ conversations = [], threads, drafts, words, jobs, active }: ChatState): Omit<Cached, 'identity'> {
  const newest = Object.entries(threads)
    .filter(([, { gone, messages }]) => !gone && messages.length > 0)
    .slice(-MOST.threads);
  const written = Object.entries(words).filter(([, content]) => content !== '');
  return {
    conversations: conversations.slice(0, MOST.conversations),
    threads: newest.map(([id, thread]) => cachedThread(id, thread)),
    drafts: drafts.slice(-MOST.drafts),
    words: Object.fromEntries(written.slice(-MOST.words)),
    jobs: active
      .flatMap((id) => jobs[id] ?? [])
      .slice(-MOST.jobs)
      .map(({ conversationId, messageId, job }) => ({ conversationId, messageId, job })),
  };
}

function restored({ conversations, threads, drafts, words, jobs }: Cached): ChatState {
  const now = Date.now();
  const known = jobs.map((job): PictureJob => {
    const nothing = { queue: undefined, notice: undefined, since: undefined, leftMs: undefined };
    return { ...job, ...nothing, previewUrl: job.job.previewUrl, heardAt: now, lost: false, silent: false };
  });
  const toThread = ({ messages, nextBefore }: Cached['threads'][number]): Thread => ({
    messages,
    nextBefore,
    loadingOlder: false,
    gone: false,
  });
  return {
    ...NOTHING,
    conversations: conversations.length === 0 ? undefined : conversations,
    threads: Object.fromEntries(threads.map((thread) => [thread.id, toThread(thread)])),
    // Whether those on their way when the page was closed arrived, is asked by sending them again.
    drafts: drafts.map((draft) => ({ ...draft, conversationId: draft.conversationId, sending: false })),
    words,
    jobs: Object.fromEntries(known.map((job) => [job.job.id, job])),
    active: known.map(({ job }) => job.id),
  };
}

/** The last state this browser saw as `identity` (its mark); nothing, where there is none or it cannot be read. */
export function recall(storage: Pick<Storage, 'getItem'>, identity: string): ChatState {
  try {
    const cached = Cached.safeParse(JSON.parse(storage.getItem(KEY) ?? ''));
    return cached.success && cached.data.identity === identity ? restored(cached.data) : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Keeps the state for the next visit, where the browser has room for it. */
export function keep(storage: Pick<Storage, 'setItem'>, state: ChatState, identity: string): void {
  try {
    storage.setItem(KEY, JSON.stringify({ identity, ...toCached(state) }));
  } catch {
    // A full or forbidden storage costs only the first moment of the next visit.
  }
}
