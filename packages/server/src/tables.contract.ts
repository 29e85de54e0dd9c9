import { describe, expect, it } from 'vitest';
import type { Store } from './store.ts';
import type { Row, Tables } from './tables.ts';
import { firstEvent, recordOf, sampleJob } from './testing/sample-job.ts';

/** A store of the test's own, empty. */
export interface OpenedTables {
  readonly tables: Tables;
  /** The same as a store, once the tables are closed. */
  readonly openStore: () => Promise<Store>;
}

export interface TablesContract {
  readonly name: string;
  /** It goes away with the test. */
  readonly open: () => Promise<OpenedTables>;
}

const ALL = { after: undefined, upTo: undefined };
const OWNER = 'o'.repeat(22);

const jobRow = (id: string, ticket: number): Row => {
  const job = sampleJob({ id });
  const at = Date.parse(job.createdAt);
  return {
    id,
    ticket,
    status: job.status,
    epoch: 'e',
    head: 1,
    created_at: at,
    updated_at: at,
    job: JSON.stringify(job),
    idempotency_key: null,
    idempotency_digest: null,
    owner: OWNER,
    conversation_id: null,
    worker: null,
  };
};

const eventRow = (jobId: string, seq: number): Row => ({ job_id: jobId, seq, event: `{"seq":${seq},"text":"ğ 🛶"}` });

const messageRow = (id: number): Row => ({
  id,
  conversation_id: 'c'.repeat(22),
  role: 'user',
  content: 'hello',
  metadata: '{"type":"text"}',
  reply_to: null,
  job_id: null,
  created_at: 1_767_225_600_000,
  updated_at: 1_767_225_600_000,
  idempotency_key: null,
  idempotency_digest: null,
});

/** What the tables of every store promise (`tables.ts`). Run by each adapter on its real backend. */
export function registerTablesContract({ name, open }: TablesContract): void {
  describe(`${name} keep the tables' contract`, () => {
    it('give rows back as they came, numbers as numbers, in the order of their bytes', async () => {
      const { tables } = await open();
      const rows = ['b', 'A', 'a_', 'a-', 'aa'].map((id, index) => jobRow(id, index));
      await tables.insert('jobs', rows);
      const sorted = ['A', 'a-', 'a_', 'aa', 'b'];
      const read = await tables.read('jobs', ALL);
      expect(read.map(({ id }) => id)).toEqual(sorted);
      expect(read.find(({ id }) => id === 'b')).toEqual(rows[0]);
      expect(await tables.count('jobs')).toBe(5);
    });

    it('are read in spans, of which the first excludes its beginning and includes its end', async () => {
      const { tables } = await open();
      await tables.insert(
        'events',
        ['a', 'b', 'c', 'd'].flatMap((id) => [eventRow(id, 2), eventRow(id, 1)]),
      );
      const span = await tables.read('events', { after: 'a', upTo: 'c' });
      expect(span).toEqual([eventRow('b', 1), eventRow('b', 2), eventRow('c', 1), eventRow('c', 2)]);
      expect(await tables.read('events', { after: 'c', upTo: undefined }, 1)).toEqual([eventRow('d', 1)]);
      expect(await tables.read('events', { after: undefined, upTo: 'a' })).toHaveLength(2);
    });

    it('take more rows in one go than a statement does, and none', async () => {
      const { tables } = await open();
      await tables.insert('events', []);
      const rows = Array.from({ length: 7_001 }, (_none, index) => eventRow('a', index + 1));
      await tables.insert('events', rows);
      expect(await tables.read('events', ALL)).toEqual(rows);
    });

    it('remove rows by their keys; those that are not there are removed already', async () => {
      const { tables } = await open();
      await tables.insert('events', [eventRow('a', 1), eventRow('a', 2), eventRow('b', 1)]);
      await tables.remove('events', [eventRow('a', 2), eventRow('c', 1)]);
      expect(await tables.read('events', ALL)).toEqual([eventRow('a', 1), eventRow('b', 1)]);
    });

    it('keep the numbers of messages and tickets, and what comes next is higher', async () => {
      const { tables, openStore } = await open();
      expect(await tables.readCounters()).toEqual({ ticket: 0, messageId: 0 });
      await tables.raiseCounters({ ticket: 0, messageId: 0 });
      expect(await tables.readCounters()).toEqual({ ticket: 0, messageId: 0 });
      await tables.insert('jobs', [jobRow('a'.repeat(22), 70)]);
      await tables.insert('messages', [messageRow(7), messageRow(12)]);
      await tables.raiseCounters({ ticket: 70, messageId: 40 });
      await tables.raiseCounters({ ticket: 5, messageId: 5 });
      expect(await tables.readCounters()).toEqual({ ticket: 70, messageId: 40 });
      await tables.close();

      const store = await openStore();
      const job = sampleJob();
      expect(recordOf(await store.createJob(job, 'e', firstEvent(job))).ticket).toBe(71);
      const at = job.createdAt;
      const conversation = { id: 'n'.repeat(22), title: 'Boats', createdAt: at, updatedAt: at };
      await store.conversations.create(conversation, OWNER);
      const said = { role: 'user', content: 'hello', metadata: { type: 'text' } } as const;
      const turn = { conversationId: conversation.id, owner: OWNER, at, messages: [said], title: 'Boats' };
      const result = await store.conversations.addTurn(turn);
      expect(result).toMatchObject({ outcome: 'created', messages: [{ id: 41 }] });
    });

    it('change all together in a transaction, or not at all', async () => {
      const { tables } = await open();
      const failing = tables.transaction(async (inner) => {
        await inner.insert('events', [eventRow('a', 1)]);
        expect(await inner.count('events')).toBe(1);
        throw new RangeError('on purpose');
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await tables.count('events')).toBe(0);
      await tables.transaction((inner) => inner.insert('events', [eventRow('a', 1)]));
      expect(await tables.count('events')).toBe(1);
    });

    it('say in a storage error what they cannot do', async () => {
      const { tables } = await open();
      await tables.insert('events', [eventRow('a', 1)]);
      await expect(tables.insert('events', [eventRow('a', 1)])).rejects.toMatchObject({ isStorageError: true });
      expect(await tables.count('events')).toBe(1);
    });

    it('are used by nobody else, as far as they know; closing twice is no error', async () => {
      const { tables } = await open();
      await tables.checkUnused();
      await tables.close();
      await tables.close();
    });
  });
}
