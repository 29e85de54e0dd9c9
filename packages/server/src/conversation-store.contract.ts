import { randomBytes } from 'node:crypto';
import { type Conversation, IMAGE_PENDING, type Job, type Message, type ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import type { MessageChange, MetadataPatch, NewTurn } from './conversation-store.ts';
import type { Store } from './store.ts';
import { change, firstEvent, recordOf, sampleJob } from './testing/sample-job.ts';

export interface ConversationStoreContract {
  readonly name: string;
  /** An empty store; it goes away with the test. */
  readonly create: () => Promise<Store>;
}

const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const iso = (at: number) => new Date(at).toISOString();
const newId = () => randomBytes(16).toString('base64url');

async function addConversation(store: Store, owner = 'owner', at = NOON, title = ''): Promise<Conversation> {
  const conversation = { id: newId(), title, createdAt: iso(at), updatedAt: iso(at) };
  await store.conversations.create(conversation, owner);
  return conversation;
}

const textTurn = (conversationId: string, content = 'hello', fields: Partial<NewTurn> = {}): NewTurn => ({
  conversationId,
  owner: 'owner',
  at: iso(NOON + 1_000),
  messages: [
    { role: 'user', content, metadata: { type: 'text' } },
    { role: 'bot', content: 'Say “draw”.', metadata: { type: 'hint' } },
  ],
  title: content,
  ...fields,
});

const pictureTurn = (conversationId: string, job: Job, fields: Partial<NewTurn> = {}): NewTurn => ({
  ...textTurn(conversationId, `draw ${job.prompt}`, fields),
  messages: [
    { role: 'user', content: `draw ${job.prompt}`, metadata: { type: 'text' } },
    {
      role: 'bot',
      content: IMAGE_PENDING,
      metadata: {
        type: 'image',
        status: 'queued',
        progress: 0,
        queue_position: 0,
        job_id: job.id,
        prompt: job.prompt,
      },
    },
  ],
});

async function addPicture(store: Store, conversationId: string, fields: Partial<NewTurn> = {}): Promise<Job> {
  const job = sampleJob({}, NOON);
  const turn = pictureTurn(conversationId, job, fields);
  recordOf(await store.createJob(job, 'e', firstEvent(job), { owner: 'owner', turn }));
  return job;
}

const readAll = async (store: Store, id: string): Promise<readonly Message[]> =>
  (await store.conversations.readMessages(id, 100)).messages;

const pictureOf = async (store: Store, id: string) => (await readAll(store, id)).at(-1);

/** What every store promises of conversations (`conversation-store.ts`). Run by each adapter on its real backend. */
export function registerConversationStoreContract({ name, create }: ConversationStoreContract): void {
  describe(`${name} keeps the conversation store's contract`, () => {
    describe('conversations', () => {
      it('[M1] are read, renamed and deleted by their owner, and by nobody else', async () => {
        const store = await create();
        const { conversations } = store;
        const made = await addConversation(store);
        expect(await conversations.read(made.id, 'owner')).toEqual(made);
        expect(await conversations.read(made.id, 'other')).toBeUndefined();
        expect(await conversations.rename(made.id, 'other', 'x', iso(NOON))).toBeUndefined();
        expect(await conversations.delete(made.id, 'other')).toBeUndefined();
        const renamed = { ...made, title: 'Boats 🛶', updatedAt: iso(NOON + 5) };
        expect(await conversations.rename(made.id, 'owner', 'Boats 🛶', iso(NOON + 5))).toEqual(renamed);
        expect(await conversations.read(made.id, 'owner')).toEqual(renamed);
        expect(await conversations.delete(made.id, 'owner')).toEqual([]);
        expect(await conversations.delete(made.id, 'owner')).toBeUndefined();
        expect(await conversations.read(made.id, 'owner')).toBeUndefined();
      });

      it('[M2] are listed last changed first, page by page, an owner’s only', async () => {
        const store = await create();
        const ids = [];
        for (let index = 0; index < 5; index++)
          ids.unshift((await addConversation(store, 'owner', NOON + Math.floor(index / 2))).id);
        await addConversation(store, 'other');
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.conversations.list('owner', 2, cursor);
          seen.push(...page.conversations.map(({ id }) => id));
          cursor = page.nextCursor;
        } while (cursor !== undefined && seen.length < 20);
        expect(seen).toHaveLength(5);
        expect([...seen].sort()).toEqual([...ids].sort());
        expect(seen[0]).toBe(ids[0]);
        await store.conversations.rename(ids[4] ?? '', 'owner', 'now first', iso(NOON + 9));
        expect((await store.conversations.list('owner', 1)).conversations[0]?.title).toBe('now first');
        await expect(store.conversations.list('owner', 2, 'nonsense')).rejects.toThrow(RangeError);
      });

      it('[R13] are counted by owner, and their messages by conversation', async () => {
        const store = await create();
        const { conversations } = store;
        const [first, second] = [await addConversation(store), await addConversation(store)];
        await addConversation(store, 'other');
        for (const text of ['one', 'two']) await conversations.addTurn(textTurn(first.id, text));
        expect([await conversations.count('owner'), await conversations.count('third')]).toEqual([2, 0]);
        expect(await conversations.countMessages(first.id)).toBe(4);
        expect(await conversations.countMessages(second.id)).toBe(0);
        await conversations.delete(first.id, 'owner');
        expect([await conversations.count('owner'), await conversations.countMessages(first.id)]).toEqual([1, 0]);
      });

      it('[M2] deleting takes the messages and lets go of the jobs, naming those that are not over', async () => {
        const store = await create();
        const [gone, stays] = [await addConversation(store), await addConversation(store)];
        const waiting = await addPicture(store, gone.id);
        const over = await addPicture(store, gone.id);
        await store.append({ ...change(over, { type: 'cancel' }), newTicket: false });
        await addPicture(store, stays.id);
        expect(await store.conversations.delete(gone.id, 'owner')).toEqual([waiting.id]);
        expect(await readAll(store, gone.id)).toEqual([]);
        expect(await readAll(store, stays.id)).toHaveLength(2);
        const after = await store.append({ ...change(waiting, { type: 'cancel' }), newTicket: false, message: PATCH });
        expect(after).toMatchObject({ owner: 'owner', conversationId: undefined });
        expect(await store.conversations.readTurnOfJob(waiting.id)).toEqual([]);
      });
    });

    describe('turns', () => {
      it('[M3] keep what was said and what answers it, and name a conversation that has no title', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        const result = await store.conversations.addTurn(textTurn(id, 'çok güzel "x" \n 🐈'));
        if (result.outcome !== 'created') throw new Error(result.outcome);
        const [user, bot] = result.messages;
        expect(user).toMatchObject({ role: 'user', content: 'çok güzel "x" \n 🐈', extra_metadata: { type: 'text' } });
        expect(bot).toMatchObject({ role: 'bot', reply_to: user?.id, extra_metadata: { type: 'hint' } });
        expect(await readAll(store, id)).toEqual(result.messages);
        expect(await store.conversations.readTurn(id, user?.id ?? 0)).toEqual(result.messages);
        expect(await store.conversations.readTurn(id, bot?.id ?? 0)).toEqual([bot]);
        expect(await store.conversations.readTurn(newId(), user?.id ?? 0)).toEqual([]);
        const named = { title: 'çok güzel "x" \n 🐈', updatedAt: iso(NOON + 1_000) };
        expect(await store.conversations.read(id, 'owner')).toMatchObject(named);
        await store.conversations.addTurn(textTurn(id, 'second'));
        expect(await store.conversations.read(id, 'owner')).toMatchObject(named);
      });

      it('[M3] come with their job, whose record knows owner and conversation', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        const job = await addPicture(store, id);
        expect(await store.readJob(job.id)).toMatchObject({ owner: 'owner', conversationId: id });
        const turn = await store.conversations.readTurnOfJob(job.id);
        expect(turn.map(({ role, content }) => [role, content])).toEqual([
          ['user', `draw ${job.prompt}`],
          ['bot', IMAGE_PENDING],
        ]);
        expect(await readAll(store, id)).toEqual(turn);
        expect(JSON.stringify(await store.listJobs(10))).not.toContain('owner');
      });

      it('[M1][M3] all or nothing: without the conversation, or for another owner, there is no job either', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        for (const turn of [{ conversationId: newId() }, { owner: 'other' }]) {
          const job = sampleJob();
          const asked = { ...pictureTurn(id, job), ...turn };
          const refused = { outcome: 'refused', reason: 'no-conversation' };
          expect(await store.createJob(job, 'e', firstEvent(job), { owner: asked.owner, turn: asked })).toEqual(
            refused,
          );
          expect(await store.readJob(job.id)).toBeUndefined();
          expect(await store.conversations.addTurn({ ...textTurn(id), ...turn })).toEqual({
            outcome: 'no-conversation',
          });
        }
        expect(await readAll(store, id)).toEqual([]);
      });

      it('[M3] a repeated key finds the first turn, with or without a job, per conversation', async () => {
        const store = await create();
        const [{ id }, other] = [await addConversation(store), await addConversation(store)];
        const idempotency = { key: 'k', digest: 'd' };
        const job = await addPicture(store, id, { idempotency });
        const again = sampleJob();
        const repeat = (digest: string) => {
          const turn = pictureTurn(id, again, { idempotency: { key: 'k', digest } });
          return store.createJob(again, 'e', firstEvent(again), { owner: 'owner', turn });
        };
        expect(await repeat('d')).toMatchObject({ outcome: 'exists', sameRequest: true, record: { job } });
        expect(await repeat('x')).toMatchObject({ outcome: 'exists', sameRequest: false });
        expect(await store.conversations.findTurn(id, idempotency)).toMatchObject({ sameRequest: true });
        expect(await store.conversations.addTurn(textTurn(id, 'hi', { idempotency }))).toMatchObject({
          outcome: 'exists',
          sameRequest: true,
        });
        expect(await readAll(store, id)).toHaveLength(2);
        expect(await store.conversations.findTurn(other.id, idempotency)).toBeUndefined();
        await store.conversations.addTurn(textTurn(other.id, 'hi', { idempotency }));
        const turn = pictureTurn(other.id, again, { idempotency: { key: 'k', digest: 'x' } });
        expect(await store.createJob(again, 'e', firstEvent(again), { owner: 'owner', turn })).toEqual({
          outcome: 'refused',
          reason: 'idempotency-conflict',
        });
      });

      it('[M3] one key many times in the same turn of the event loop makes one turn', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        const idempotency = { key: 'k', digest: 'd' };
        const results = await Promise.all(
          Array.from({ length: 8 }, () => store.conversations.addTurn(textTurn(id, 'hi', { idempotency }))),
        );
        expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
        expect(await readAll(store, id)).toHaveLength(2);
      });
    });

    describe('messages', () => {
      it('[M6] are read from the newest back, each page oldest first', async () => {
        const store = await create();
        const [{ id }, other] = [await addConversation(store), await addConversation(store)];
        for (let index = 0; index < 5; index++) {
          await store.conversations.addTurn(textTurn(id, `message ${index}`));
          await store.conversations.addTurn(textTurn(other.id, 'elsewhere'));
        }
        const pages = [];
        let before: number | undefined;
        for (let more = true; more && pages.length < 9; ) {
          const page = await store.conversations.readMessages(id, 4, before);
          pages.push(page.messages);
          before = page.messages[0]?.id;
          more = page.more;
        }
        expect(pages.map(({ length }) => length)).toEqual([4, 4, 2]);
        const all = pages.reverse().flat();
        expect(all.map((message) => message.id)).toEqual([...all.map((message) => message.id)].sort((a, b) => a - b));
        expect(all.filter(({ role }) => role === 'user').map(({ content }) => content)).toEqual(
          Array.from({ length: 5 }, (_none, index) => `message ${index}`),
        );
      });

      it('[M4] change with their job’s event, by deep merge, or not at all', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        const job = await addPicture(store, id);
        const started = change(job, { type: 'start', provider: 'sketch' });
        await store.append({ ...started, newTicket: false, message: PATCH });
        expect(await pictureOf(store, id)).toMatchObject({
          content: 'new',
          updated_at: started.job.updatedAt,
          extra_metadata: { status: 'processing', progress: 30, job_id: job.id, prompt: job.prompt },
        });
        const lost = { ...change(job, { type: 'cancel' }), newTicket: false };
        expect(await store.append({ ...lost, message: { ...PATCH, content: 'lost' } })).toBeUndefined();
        expect(await pictureOf(store, id)).toMatchObject({ content: 'new' });
      });

      it('[M8] only news moves the conversation', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        const job = await addPicture(store, id);
        const started = change(job, { type: 'start', provider: 'sketch' }, NOON + 60_000);
        await store.append({ ...started, newTicket: false, message: PATCH });
        expect((await store.conversations.read(id, 'owner'))?.updatedAt).toBe(iso(NOON + 1_000));
        const ended = change(started.job, { type: 'cancel' }, NOON + 90_000);
        await store.append({ ...ended, newTicket: false, message: { ...PATCH, news: true } });
        expect((await store.conversations.read(id, 'owner'))?.updatedAt).toBe(iso(NOON + 90_000));
      });

      it('[M4] ten writers that update different fields at the same time lose none of them', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        const job = await addPicture(store, id);
        const fields: MetadataPatch = {
          status: 'processing',
          progress: 70,
          queue_position: 4,
          prompt: 'another prompt',
          image_url: '/1.png',
          image_urls: ['/1.png', '/2.png'],
          error: 'slow',
          error_code: 'PROVIDER_TIMEOUT',
          retryable: true,
          version_of: 1,
        };
        const writes: { job: Job; event: ProgressEvent; metadata: MetadataPatch }[] = [];
        let state = change(job, { type: 'start', provider: 'sketch' });
        for (const [key, value] of Object.entries(fields)) {
          writes.push({ ...state, metadata: { [key]: value } });
          state = change(state.job, { type: 'progress', percent: 1 });
        }
        expect(writes).toHaveLength(10);
        await Promise.all(
          writes.map(({ metadata, ...write }) =>
            store.append({ ...write, newTicket: false, message: { content: IMAGE_PENDING, metadata, news: false } }),
          ),
        );
        expect((await pictureOf(store, id))?.extra_metadata).toEqual({ type: 'image', job_id: job.id, ...fields });
      });

      it('[M4] null takes a field away', async () => {
        const store = await create();
        const { id } = await addConversation(store);
        const job = await addPicture(store, id);
        const started = change(job, { type: 'start', provider: 'sketch' });
        await store.append({ ...started, newTicket: false, message: withMetadata({ error: 'slow' }) });
        const next = change(started.job, { type: 'progress', percent: 1 });
        await store.append({ ...next, newTicket: false, message: withMetadata({ error: null }) });
        expect((await pictureOf(store, id))?.extra_metadata).not.toHaveProperty('error');
      });
    });

    describe('an owner’s jobs', () => {
      const addJob = async (store: Store, owner: string | undefined, at: number) => {
        const job = sampleJob({}, at);
        return recordOf(await store.createJob(job, 'e', firstEvent(job), { owner }));
      };

      it('[R10] are listed apart, all or those that are not over', async () => {
        const store = await create();
        const mine = [await addJob(store, 'owner', NOON), await addJob(store, 'owner', NOON + 1)];
        await addJob(store, 'other', NOON);
        await addJob(store, undefined, NOON);
        const [first, second] = mine.map(({ job }) => job);
        if (first === undefined || second === undefined) throw new Error('two were made');
        await store.append({ ...change(first, { type: 'cancel' }), newTicket: false });
        const ids = async (active: boolean) =>
          (await store.listJobs(10, undefined, { owner: 'owner', active })).jobs.map(({ id }) => id);
        expect(await ids(false)).toEqual([second.id, first.id]);
        expect(await ids(true)).toEqual([second.id]);
        expect((await store.listUnfinished('owner')).map(({ job }) => job.id)).toEqual([second.id]);
        const third = await addJob(store, 'owner', NOON);
        await store.append({ ...change(second, { type: 'start', provider: 'sketch' }), newTicket: false });
        expect((await store.listUnfinished('owner')).map(({ job }) => job.id)).toEqual([second.id, third.job.id]);
      });

      it('[R13] are counted while they are not over', async () => {
        const store = await create();
        expect(await store.countUnfinished('owner')).toBe(0);
        const jobs = [];
        for (let index = 0; index < 3; index++) jobs.push((await addJob(store, 'owner', NOON + index)).job);
        await addJob(store, 'other', NOON);
        await addJob(store, undefined, NOON);
        expect(await store.countUnfinished('owner')).toBe(3);
        const [first, second] = jobs;
        if (first === undefined || second === undefined) throw new Error('three were made');
        await store.append({ ...change(first, { type: 'start', provider: 'sketch' }), newTicket: false });
        await store.append({ ...change(second, { type: 'cancel' }), newTicket: false });
        expect(await store.countUnfinished('owner')).toBe(2);
      });

      it('[R11] change places among themselves: the same tickets in another order', async () => {
        const store = await create();
        const jobs = [];
        for (let index = 0; index < 8; index++)
          jobs.push(await addJob(store, index % 2 === 0 ? 'owner' : 'other', NOON));
        const mine = jobs.filter(({ owner }) => owner === 'owner').map(({ job }) => job.id);
        const [a, b, c, d] = mine;
        if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four were made');
        const order = async (owner: string) => (await store.listUnfinished(owner)).map(({ job }) => job.id);
        const all = async () => (await store.listWaiting(0, 100)).map(({ jobId }) => jobId);
        const others = jobs.map(({ job, owner }) => (owner === 'other' ? job.id : ''));
        expect((await store.moveJob('owner', d, b))?.map(({ jobId }) => jobId)).toEqual([a, d, b, c]);
        expect(await order('owner')).toEqual([a, d, b, c]);
        expect((await all()).map((id) => (mine.includes(id) ? '' : id))).toEqual(others);
        await store.moveJob('owner', a, null);
        expect(await order('owner')).toEqual([d, b, c, a]);
        await store.moveJob('owner', b, b);
        expect(await order('owner')).toEqual([d, b, c, a]);
      });

      it('[R11] only one’s own that wait are moved', async () => {
        const store = await create();
        const [mine, next, foreign] = [
          await addJob(store, 'owner', NOON),
          await addJob(store, 'owner', NOON),
          await addJob(store, 'other', NOON),
        ];
        expect(await store.moveJob('owner', foreign.job.id, null)).toBeUndefined();
        expect(await store.moveJob('owner', mine.job.id, foreign.job.id)).toBeUndefined();
        await store.append({ ...change(mine.job, { type: 'start', provider: 'sketch' }), newTicket: false });
        expect(await store.moveJob('owner', mine.job.id, null)).toBeUndefined();
        expect(await store.moveJob('owner', next.job.id, mine.job.id)).toBeUndefined();
      });
    });

    it('[R9] keeps the first value under a name, for good', async () => {
      const store = await create();
      const kept = await Promise.all(['a', 'b', 'c'].map((value) => store.keepOnce('key', value)));
      expect(new Set(kept)).toEqual(new Set(['a']));
      expect(await store.keepOnce('key', 'z')).toBe('a');
      expect(await store.keepOnce('other', 'z')).toBe('z');
    });

    it('reads and erases what is kept under a name, and nothing else', async () => {
      const store = await create();
      expect(await store.readSetting('key')).toBeUndefined();
      await store.keepOnce('key', 'a');
      await store.keepOnce('other', 'b');
      expect(await store.readSetting('key')).toBe('a');
      for (const _twice of [1, 2]) await store.eraseSetting('key');
      expect(await store.readSetting('key')).toBeUndefined();
      expect(await store.readSetting('other')).toBe('b');
      expect(await store.keepOnce('key', 'c')).toBe('c');
    });

    it('[R12] gives what may be taken once to one, and forgets it when its time is over', async () => {
      const store = await create();
      const take = (name: string, until: number, now = NOON) => store.takeOnce(name, until, now);
      const taken = await Promise.all([1, 2, 3].map(() => take('a', NOON + 10)));
      expect(taken.filter((first) => first)).toHaveLength(1);
      expect(await take('b', NOON + 20)).toBe(true);
      expect(await take('a', NOON + 10, NOON + 10)).toBe(false);
      // Asked with a later time, the first one is gone, and the second is not.
      expect(await take('b', NOON + 20, NOON + 11)).toBe(false);
      expect(await take('a', NOON + 10, NOON + 11)).toBe(true);
      expect(await store.keepOnce('key', 'kept')).toBe('kept');
      await take('c', NOON + 1_000, NOON + 999);
      expect(await store.keepOnce('key', 'lost')).toBe('kept');
    });
  });
}

const PATCH: MessageChange = { content: 'new', metadata: { status: 'processing', progress: 30 }, news: false };

const withMetadata = (metadata: MetadataPatch): MessageChange => ({ ...PATCH, metadata });
