import { IMAGE_PENDING, type Message, type PictureMetadata } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConversationNotice } from '../relay.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { type CoreOptions, hasStatus, jobWhen, setUpCore } from '../testing/core.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { ConversationService, type PostResult } from './conversation-service.ts';

const OWNER = 'ada';
const STRANGER = 'eve';

/** Conversations on the embedded adapters, and the notices that are published about them. */
async function setUp(options: Partial<CoreOptions> = {}) {
  const core = await setUpCore({ providers: [], shared: await SqliteStore.open(':memory:'), ...options });
  const conversations = new ConversationService(core);
  const news: ConversationNotice[] = [];
  const unsubscribe = core.relay.subscribe((notice) => {
    if ('conversationId' in notice) news.push(notice);
  });
  onTestFinished(() => void unsubscribe());
  const { id } = await conversations.create(OWNER);
  news.length = 0;
  core.clock.advance(1_000);
  return { ...core, conversations, news, ref: { id, owner: OWNER } };
}

type Setup = Awaited<ReturnType<typeof setUp>>;

const nowOf = ({ clock }: Setup) => new Date(clock.now()).toISOString();

/** The notice of a change in the conversation now. */
const noticeNow = (setup: Setup): ConversationNotice => ({
  conversationId: setup.ref.id,
  owner: OWNER,
  updatedAt: nowOf(setup),
});

/** An accepted turn: the message, its answer, and the job if there is one. */
function turnOf(result: PostResult) {
  if (!result.ok) throw new Error(`refused: ${result.reason}`);
  const [asked, answer, ...rest] = result.messages;
  if (asked === undefined || answer === undefined || rest.length > 0) throw new Error('not two messages');
  return { created: result.created, asked, answer, job: result.job };
}

/** A turn with an image. */
function pictureOf(result: PostResult) {
  const { job, ...turn } = turnOf(result);
  if (job === undefined) throw new Error('no job');
  return { ...turn, job };
}

function metadataOf(message: Message | undefined): PictureMetadata {
  if (message?.extra_metadata.type !== 'image') throw new Error('no image');
  return message.extra_metadata;
}

async function messagesOf({ conversations, ref }: Setup): Promise<readonly Message[]> {
  return (await conversations.readMessages(ref, 100))?.messages ?? [];
}

const NO_CONVERSATION = { ok: false, reason: 'no-conversation' };
const NO_MESSAGE = { ok: false, reason: 'no-message' };
const CONFLICT = { ok: false, reason: 'idempotency-conflict' };

describe('ConversationService', () => {
  describe('conversations', () => {
    it('[M1][M2] are created with an id of 128 bits, and without a title unless one is given', async () => {
      const setup = await setUp();
      const { conversations } = setup;
      const now = nowOf(setup);
      const [first, second] = [await conversations.create(OWNER), await conversations.create(OWNER, 'Boats')];
      expect(first).toEqual({
        id: expect.stringMatching(/^[\w-]{22}$/),
        title: '',
        createdAt: now,
        updatedAt: now,
      });
      expect(second.title).toBe('Boats');
      expect(second.id).not.toBe(first.id);
      expect(await conversations.read({ id: second.id, owner: OWNER })).toEqual(second);
      expect(setup.news).toEqual([first, second].map(({ id }) => ({ ...noticeNow(setup), conversationId: id })));
    });

    it('[M1] are read and listed by their owner only', async () => {
      const { conversations, ref } = await setUp();
      expect(await conversations.read(ref)).toMatchObject({ id: ref.id });
      expect(await conversations.read({ ...ref, owner: STRANGER })).toBeUndefined();
      expect((await conversations.list(OWNER, 10)).conversations.map(({ id }) => id)).toEqual([ref.id]);
      expect(await conversations.list(STRANGER, 10)).toEqual({ conversations: [], nextCursor: undefined });
    });

    it('[M2] are listed page by page, last changed first', async () => {
      const { conversations, clock, ref } = await setUp();
      const { id: second } = await conversations.create(OWNER);
      clock.advance(1_000);
      await conversations.rename(ref, 'Boats');
      const page = await conversations.list(OWNER, 1);
      expect(page.conversations.map(({ id }) => id)).toEqual([ref.id]);
      const rest = await conversations.list(OWNER, 1, page.nextCursor);
      expect(rest.conversations.map(({ id }) => id)).toEqual([second]);
      expect(rest.nextCursor).toBeUndefined();
    });

    it('[M2][M8] are renamed by their owner, who is notified', async () => {
      const setup = await setUp();
      const { conversations, ref, news } = setup;
      expect(await conversations.rename({ ...ref, owner: STRANGER }, 'Mine')).toBeUndefined();
      expect(news).toEqual([]);
      const renamed = await conversations.rename(ref, 'Boats');
      expect(renamed).toMatchObject({ id: ref.id, title: 'Boats', updatedAt: nowOf(setup) });
      expect(await conversations.read(ref)).toEqual(renamed);
      expect(news).toEqual([noticeNow(setup)]);
    });

    it('[M2][M8] are deleted by their owner, and their unfinished jobs are cancelled', async () => {
      const setup = await setUp();
      const { conversations, ref, news, store, queue } = setup;
      const { job } = pictureOf(await conversations.post(ref, { content: 'draw a boat' }));
      const other = await conversations.create(OWNER);
      const elsewhere = pictureOf(await conversations.post({ id: other.id, owner: OWNER }, { content: 'draw an owl' }));
      news.length = 0;
      expect(await conversations.delete({ ...ref, owner: STRANGER })).toBe(false);
      expect(news).toEqual([]);
      expect((await store.readJob(job.id))?.job.status).toBe('queued');
      expect(await conversations.delete(ref)).toBe(true);
      expect(news).toContainEqual(noticeNow(setup));
      expect((await store.readJob(job.id))?.job.status).toBe('cancelled');
      expect([...(await queue.places()).keys()]).toEqual([elsewhere.job.id]);
      expect(await conversations.read(ref)).toBeUndefined();
      expect(await conversations.delete(ref)).toBe(false);
    });
  });

  describe('post', () => {
    it('[M3][M8] answers words that ask for nothing with a hint, and creates no job', async () => {
      const setup = await setUp();
      const { conversations, ref, news, queue } = setup;
      const { created, asked, answer, job } = turnOf(await conversations.post(ref, { content: 'hello' }));
      expect(created).toBe(true);
      expect(asked).toMatchObject({
        conversation_id: ref.id,
        role: 'user',
        content: 'hello',
        extra_metadata: { type: 'text' },
        created_at: nowOf(setup),
      });
      expect(asked.extra_metadata).not.toHaveProperty('version_of');
      expect(answer).toMatchObject({ role: 'bot', extra_metadata: { type: 'hint' }, reply_to: asked.id });
      expect(answer.content).toMatch(/draw/);
      expect(job).toBeUndefined();
      expect(await queue.size()).toBe(0);
      expect(await messagesOf(setup)).toEqual([asked, answer]);
      expect(news).toEqual([noticeNow(setup)]);
    });

    it('[M3][M4][M5][M8] answers a request for an image with a pending message and its job, stored together', async () => {
      const setup = await setUp();
      const { conversations, ref, news, store } = setup;
      const options = { size: '768', steps: 7, seed: 3 } as const;
      const result = await conversations.post(ref, { content: 'draw a red boat', options });
      const { created, asked, answer, job } = pictureOf(result);
      expect(created).toBe(true);
      expect(job).toMatchObject({ prompt: 'a red boat', status: 'queued', options });
      expect(await store.readJob(job.id)).toMatchObject({ job, owner: OWNER, conversationId: ref.id });
      expect(asked).toMatchObject({ role: 'user', content: 'draw a red boat', extra_metadata: { type: 'text' } });
      expect(answer).toMatchObject({ role: 'bot', content: IMAGE_PENDING, reply_to: asked.id });
      expect(answer.extra_metadata).toEqual({
        type: 'image',
        status: 'queued',
        progress: 0,
        queue_position: 1,
        job_id: job.id,
        prompt: 'a red boat',
      });
      expect(await messagesOf(setup)).toEqual([asked, answer]);
      expect(news).toEqual([noticeNow(setup)]);
    });

    it('[M3] follows the `picture` flag rather than the words', async () => {
      const { conversations, ref } = await setUp();
      const plain = turnOf(await conversations.post(ref, { content: 'draw a boat', picture: false }));
      expect(plain.answer.extra_metadata.type).toBe('hint');
      const { job } = pictureOf(await conversations.post(ref, { content: 'a boat', picture: true }));
      expect(job.prompt).toBe('a boat');
    });

    it.each(['hello', 'draw a boat'])('[M1] finds nothing for a stranger who says “%s”', async (content) => {
      const setup = await setUp();
      const { conversations, ref, news, queue } = setup;
      const stranger = { ...ref, owner: STRANGER };
      expect(await conversations.post(stranger, { content })).toEqual(NO_CONVERSATION);
      expect(await conversations.post(stranger, { content }, { key: 'k', digest: 'd' })).toEqual(NO_CONVERSATION);
      expect(await messagesOf(setup)).toEqual([]);
      expect(await queue.size()).toBe(0);
      expect(news).toEqual([]);
    });

    it('stores nothing when no backend supports the options', async () => {
      const setup = await setUp();
      const { conversations, ref, news } = setup;
      const result = await conversations.post(ref, { content: 'draw a boat', options: { provider: 'nowhere' } });
      expect(result).toMatchObject({ ok: false, reason: 'unsupported-option', option: 'provider' });
      expect(await messagesOf(setup)).toEqual([]);
      expect(news).toEqual([]);
    });

    it('stores nothing while the queue is full', async () => {
      const setup = await setUp({ maxQueued: 1 });
      const { conversations, ref } = setup;
      const { asked, answer } = turnOf(await conversations.post(ref, { content: 'draw a boat' }));
      expect(await conversations.post(ref, { content: 'draw an owl' })).toEqual({ ok: false, reason: 'queue-full' });
      expect(await messagesOf(setup)).toEqual([asked, answer]);
    });
  });

  describe('an Idempotency-Key', () => {
    const KEY = { key: 'k', digest: 'd' };

    it.each(['hello', 'draw a boat'])(
      '[M3] returns the first turn again for “%s”, and publishes nothing',
      async (content) => {
        const setup = await setUp();
        const { conversations, ref, news } = setup;
        const first = await conversations.post(ref, { content }, KEY);
        const again = await conversations.post(ref, { content }, KEY);
        expect(again).toEqual({ ...first, created: false });
        expect(await messagesOf(setup)).toHaveLength(2);
        expect(news).toHaveLength(1);
      },
    );

    it.each(['hello', 'draw a boat'])(
      '[M3] creates one turn for “%s” when requests are concurrent',
      async (content) => {
        const setup = await setUp();
        const { conversations, ref, news, queue } = setup;
        const posts = [1, 2, 3].map(() => conversations.post(ref, { content }, KEY));
        const turns = (await Promise.all(posts)).map(turnOf);
        expect(turns.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(turns.map(({ asked }) => asked.id)).size).toBe(1);
        expect(await messagesOf(setup)).toHaveLength(2);
        expect(await queue.size()).toBe(content === 'hello' ? 0 : 1);
        expect(news).toHaveLength(1);
      },
    );

    it('[M3] is a conflict when the request differs', async () => {
      const setup = await setUp();
      const { conversations, ref } = setup;
      await conversations.post(ref, { content: 'draw a boat' }, KEY);
      for (const content of ['hello', 'draw an owl'])
        expect(await conversations.post(ref, { content }, { ...KEY, digest: 'other' })).toEqual(CONFLICT);
      expect(await messagesOf(setup)).toHaveLength(2);
    });

    it('[M3] belongs to its conversation', async () => {
      const { conversations, ref } = await setUp();
      const other = await conversations.create(OWNER);
      await conversations.post(ref, { content: 'hello' }, KEY);
      const elsewhere = await conversations.post({ id: other.id, owner: OWNER }, { content: 'hello' }, KEY);
      expect(turnOf(elsewhere)).toMatchObject({ created: true, asked: { conversation_id: other.id } });
    });

    it.each(['hello', 'draw a boat'])('[M1] does not give a stranger the owner’s turn “%s”', async (content) => {
      const { conversations, ref } = await setUp();
      await conversations.post(ref, { content }, KEY);
      expect(await conversations.post({ ...ref, owner: STRANGER }, { content }, KEY)).toEqual(NO_CONVERSATION);
    });

    it('[M3] returns its turn with the job’s current state, even while the queue is full', async () => {
      const { conversations, ref, jobs } = await setUp({ maxQueued: 1 });
      const { job } = pictureOf(await conversations.post(ref, { content: 'draw a boat' }, KEY));
      const again = pictureOf(await conversations.post(ref, { content: 'draw a boat' }, KEY));
      expect(again).toMatchObject({ created: false, job: { id: job.id, status: 'queued' } });
      await jobs.cancel(job.id);
      const after = pictureOf(await conversations.post(ref, { content: 'draw a boat' }, KEY));
      expect(after).toMatchObject({ created: false, job: { id: job.id, status: 'cancelled' } });
    });
  });

  describe('the title', () => {
    it.each([
      ['hello', 'hello'],
      ['  draw\n\ta   boat  ', 'draw a boat'],
      ['x'.repeat(60), 'x'.repeat(60)],
      ['x'.repeat(61), `${'x'.repeat(59)}…`],
      ['🛶'.repeat(60), '🛶'.repeat(60)],
      ['🛶'.repeat(61), `${'🛶'.repeat(59)}…`],
      [`${'x'.repeat(58)} yz`, `${'x'.repeat(58)}…`],
    ])('[M2] of a conversation whose first message is %j is %j', async (content, title) => {
      const { conversations, ref } = await setUp();
      await conversations.post(ref, { content });
      expect((await conversations.read(ref))?.title).toBe(title);
    });

    it('[M2] stays when more is said', async () => {
      const { conversations, ref } = await setUp();
      await conversations.post(ref, { content: 'draw a boat' });
      await conversations.post(ref, { content: 'hello' });
      expect((await conversations.read(ref))?.title).toBe('draw a boat');
    });
  });

  describe('readMessages', () => {
    it('[M1] finds nothing for a stranger', async () => {
      const { conversations, ref } = await setUp();
      await conversations.post(ref, { content: 'hello' });
      expect(await conversations.readMessages({ ...ref, owner: STRANGER }, 10)).toBeUndefined();
    });

    it('[M6] pages from the newest back, oldest first', async () => {
      const { conversations, ref } = await setUp();
      const turns = [];
      for (const content of ['one', 'two', 'three']) turns.push(turnOf(await conversations.post(ref, { content })));
      const messages = turns.flatMap(({ asked, answer }) => [asked, answer]);
      expect(await conversations.readMessages(ref, 4)).toEqual({ messages: messages.slice(2), more: true });
      expect(await conversations.readMessages(ref, 4, messages[2]?.id)).toEqual({
        messages: messages.slice(0, 2),
        more: false,
      });
    });

    it('[M6] reports each image’s current queue position', async () => {
      const setup = await setUp();
      const { conversations, ref, jobs, clock } = setup;
      const ids: string[] = [];
      for (const content of ['draw one', 'draw two', 'draw three']) {
        const { job, answer } = pictureOf(await conversations.post(ref, { content }));
        ids.push(job.id);
        expect(metadataOf(answer).queue_position).toBe(ids.length);
      }
      await jobs.cancel(ids[0] ?? '');
      clock.advance(1_000);
      const places = (await messagesOf(setup))
        .filter(({ role }) => role === 'bot')
        .map((message) => metadataOf(message).queue_position);
      expect(places).toEqual([0, 1, 2]);
    });

    it('[M6] reports queue position 0 for a job that is not in the queue, and for one that has ended', async () => {
      const setup = await setUp();
      const { conversations, ref, queue, log, clock } = setup;
      const lost = pictureOf(await conversations.post(ref, { content: 'draw a boat' })).job;
      const ended = pictureOf(await conversations.post(ref, { content: 'draw an owl' })).job;
      await queue.remove(lost.id);
      // Another process cancelled it and has not yet removed it from the queue.
      await log.appendAtHead(ended.id, { type: 'cancel' });
      clock.advance(1_000);
      expect([...(await queue.places()).keys()]).toEqual([ended.id]);
      const pictures = (await messagesOf(setup)).filter(({ role }) => role === 'bot').map(metadataOf);
      expect(pictures).toMatchObject([
        { status: 'queued', queue_position: 0 },
        { status: 'error', queue_position: 0 },
      ]);
    });

    it('[M4][M5][M8] shows the image once it is stored, and notifies the owner', async () => {
      const provider = createManualProvider();
      const setup = await setUp({ providers: [provider] });
      const { conversations, ref, worker, news } = setup;
      await worker.start();
      const { job } = pictureOf(await conversations.post(ref, { content: 'draw a boat' }));
      await (await provider.nextRun()).finish();
      const { resultUrls = [] } = await jobWhen(setup, job.id, hasStatus('completed'));
      const message = (await messagesOf(setup)).at(-1);
      expect(message?.content).toBe(`[IMAGE] IMAGE_PATH: ${resultUrls[0]}`);
      expect(metadataOf(message)).toMatchObject({ status: 'complete', progress: 100, image_url: resultUrls[0] });
      expect(news).toEqual([noticeNow(setup), noticeNow(setup)]);
    });
  });

  describe('readMessageOfJob', () => {
    it('[M1] finds the image’s message for its owner only', async () => {
      const { conversations, ref } = await setUp();
      const { job, answer } = pictureOf(await conversations.post(ref, { content: 'draw a boat' }));
      const message = await conversations.readMessageOfJob(job.id, OWNER);
      expect(message?.id).toBe(answer.id);
      expect(message?.content).toBe(IMAGE_PENDING);
      for (const other of [STRANGER, undefined])
        expect(await conversations.readMessageOfJob(job.id, other)).toBeUndefined();
    });

    it('finds nothing for a job of no conversation, and for no job', async () => {
      const { conversations, jobs } = await setUp();
      const result = await jobs.create({ prompt: 'a boat' }, { owner: OWNER });
      if (!result.ok) throw new Error(result.reason);
      expect(await conversations.readMessageOfJob(result.job.id, OWNER)).toBeUndefined();
      expect(await conversations.readMessageOfJob('unknown', OWNER)).toBeUndefined();
      expect(await conversations.readMessageOfJob('unknown', undefined)).toBeUndefined();
    });
  });

  describe('addVersion', () => {
    it('[M7] asks again in other words; both stay, and the second names the first', async () => {
      const setup = await setUp();
      const { conversations, ref } = setup;
      const first = pictureOf(await conversations.post(ref, { content: 'draw a boat' }));
      const options = { steps: 7 } as const;
      const second = pictureOf(
        await conversations.addVersion(ref, first.answer.id, { content: 'draw a red boat', options }),
      );
      expect(second.created).toBe(true);
      expect(second.job).toMatchObject({ prompt: 'a red boat', options });
      expect(second.asked).toMatchObject({
        content: 'draw a red boat',
        extra_metadata: { type: 'text', version_of: first.asked.id },
      });
      expect(metadataOf(second.answer)).toMatchObject({ prompt: 'a red boat', version_of: first.answer.id });
      const ids = [first.asked, first.answer, second.asked, second.answer].map(({ id }) => id);
      expect((await messagesOf(setup)).map(({ id }) => id)).toEqual(ids);
    });

    it('[M7] uses the whole content as the prompt when its words do not ask for an image', async () => {
      const { conversations, ref } = await setUp();
      const { answer } = turnOf(await conversations.post(ref, { content: 'draw a boat' }));
      const second = pictureOf(await conversations.addVersion(ref, answer.id, { content: 'a red one' }));
      expect(second.job.prompt).toBe('a red one');
    });

    it('[M7] names the first version, from either message of any version', async () => {
      const { conversations, ref } = await setUp();
      const first = turnOf(await conversations.post(ref, { content: 'draw a boat' }));
      const second = turnOf(await conversations.addVersion(ref, first.asked.id, { content: 'a red boat' }));
      for (const { id } of [first.asked, first.answer, second.asked, second.answer]) {
        const version = turnOf(await conversations.addVersion(ref, id, { content: 'a blue boat' }));
        expect(version.asked.extra_metadata).toEqual({ type: 'text', version_of: first.asked.id });
        expect(metadataOf(version.answer).version_of).toBe(first.answer.id);
      }
    });

    it('[M7] refuses a message that has no image', async () => {
      const setup = await setUp();
      const { conversations, ref } = setup;
      const { asked, answer } = turnOf(await conversations.post(ref, { content: 'hello' }));
      for (const id of [asked.id, answer.id, 999_999])
        expect(await conversations.addVersion(ref, id, { content: 'a boat' })).toEqual(NO_MESSAGE);
      expect(await messagesOf(setup)).toHaveLength(2);
    });

    it('[M1][M7] finds nothing for a stranger, and no message of another conversation', async () => {
      const { conversations, ref } = await setUp();
      const { answer } = turnOf(await conversations.post(ref, { content: 'draw a boat' }));
      const stranger = { ...ref, owner: STRANGER };
      // The same answer for a message that exists and for one that does not: a stranger cannot tell them apart.
      for (const id of [answer.id, 999_999])
        expect(await conversations.addVersion(stranger, id, { content: 'mine' })).toEqual(NO_CONVERSATION);
      const other = await conversations.create(OWNER);
      const elsewhere = { id: other.id, owner: OWNER };
      expect(await conversations.addVersion(elsewhere, answer.id, { content: 'a boat' })).toEqual(NO_MESSAGE);
    });

    it('[M3][M7] creates one version per Idempotency-Key', async () => {
      const setup = await setUp();
      const { conversations, ref } = setup;
      const { answer } = turnOf(await conversations.post(ref, { content: 'draw a boat' }));
      const key = { key: 'k', digest: 'd' };
      const first = await conversations.addVersion(ref, answer.id, { content: 'a red boat' }, key);
      expect(await conversations.addVersion(ref, answer.id, { content: 'a red boat' }, key)).toEqual({
        ...first,
        created: false,
      });
      expect(await messagesOf(setup)).toHaveLength(4);
    });
  });
});
