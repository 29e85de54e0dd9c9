import { onTestFinished } from 'vitest';
import { registerQueueContract } from '../../queue.contract.ts';
import { InProcessQueue } from './in-process-queue.ts';

registerQueueContract({
  name: 'InProcessQueue',
  create: async () => {
    const queue = new InProcessQueue();
    onTestFinished(() => queue.close());
    return queue;
  },
});
