import { encodeOnce, type LiveFormat } from './live-format.ts';

/** JSON has no raw line break, so one `data:` line carries it whole. */
const named = (name: string, data: unknown) => Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);

/** Rules S1 and S2. */
export const sseFormat: LiveFormat = {
  transport: 'sse',
  events: encodeOnce((batch) =>
    Buffer.from(batch.map(({ event, json }) => `id: ${event.seq}\ndata: ${json}\n\n`).join('')),
  ),
  snapshot: ({ job, epoch, head }) => named('job', { job, epoch, head }),
  reset: (snapshot, reason) => named('reset', { ...snapshot, reason }),
  end: (jobId, head, status) => named('end', { jobId, head, status }),
  queue: (jobId, place) => named('queue', { jobId, ...place }),
  error: (error) => named('error', { error }),
  ping: (now) => named('ping', { now }),
  bye: (afterMs) => Buffer.concat([Buffer.from(`retry: ${afterMs}\n`), named('bye', { afterMs })]),
};
