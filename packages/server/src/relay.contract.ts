import { describe, expect, it } from 'vitest';
import type { Relay, RelayNotice } from './relay.ts';

export interface RelayContract {
  readonly name: string;
  /** Relays of two processes that share the work: one and the same where there is only one. They go away with the test. */
  readonly createPair: () => Promise<readonly [Relay, Relay]>;
}

/** Collects notices; `heard(n)` resolves when so many came. */
function listen(relay: Relay) {
  const notices: RelayNotice[] = [];
  let wake = () => {};
  const stop = relay.subscribe((notice) => {
    notices.push(notice);
    wake();
  });
  const heard = async (count: number) => {
    while (notices.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return notices;
  };
  return { notices, heard, stop };
}

/** What every relay promises (`relay.ts`). Run by each adapter on its real backend. */
export function registerRelayContract({ name, createPair }: RelayContract): void {
  describe(`${name} keeps the relay's contract`, () => {
    it('tells every listener, the own process included', async () => {
      const [here, there] = await createPair();
      const listeners = [listen(here), listen(here), listen(there)];
      here.publish({ jobId: 'a', head: 3 });
      for (const { heard } of listeners) expect(await heard(1)).toEqual([{ jobId: 'a', head: 3 }]);
    });

    it('keeps the order of one publisher, and says that a job is gone', async () => {
      const [here, there] = await createPair();
      const { heard } = listen(there);
      for (let head = 1; head <= 50; head++) here.publish({ jobId: 'a', head });
      here.publish({ jobId: 'a', head: undefined });
      const notices = await heard(51);
      expect(notices).toEqual([
        ...Array.from({ length: 50 }, (_none, index) => ({ jobId: 'a', head: index + 1 })),
        { jobId: 'a', head: undefined },
      ]);
    });

    it('[M8] carries what happened in a conversation, and whose it is', async () => {
      const [here, there] = await createPair();
      const { heard } = listen(there);
      const notice = { conversationId: 'c', owner: 'o', updatedAt: '2026-01-01T00:00:00.000Z' };
      here.publish(notice);
      expect(await heard(1)).toEqual([notice]);
    });

    it('carries which worker has something to say', async () => {
      const [here, there] = await createPair();
      const { heard } = listen(there);
      here.publish({ workerId: 'w' });
      expect(await heard(1)).toEqual([{ workerId: 'w' }]);
    });

    it('tells nobody who has unsubscribed; twice is no error', async () => {
      const [here, there] = await createPair();
      const left = listen(there);
      const stays = listen(there);
      left.stop();
      left.stop();
      here.publish({ jobId: 'a', head: 1 });
      await stays.heard(1);
      expect(left.notices).toEqual([]);
    });

    it('a listener may leave while it is told, and the others are told all the same', async () => {
      const [here, there] = await createPair();
      const stop = there.subscribe(() => stop());
      const { heard } = listen(there);
      here.publish({ jobId: 'a', head: 1 });
      here.publish({ jobId: 'a', head: 2 });
      expect(await heard(2)).toHaveLength(2);
    });

    it('a closed relay tells nobody; twice is no error', async () => {
      const [here, there] = await createPair();
      const { notices } = listen(there);
      await there.close();
      await there.close();
      const stays = listen(here);
      here.publish({ jobId: 'a', head: 1 });
      if (here !== there) await stays.heard(1);
      expect(notices).toEqual([]);
    });
  });
}
