import { createClient } from '@darkroom/client';

const client = createClient({ baseUrl: process.env['DARKROOM_URL'] ?? 'http://127.0.0.1:8787' });

const job = await client.createJob({ prompt: 'A lighthouse in a storm, watercolour', options: { steps: 12 } });
const watch = client.watchJob(job.id);

for await (const event of watch) {
  console.log(event.seq, event.stage, event.percent ?? '', event.previewUrl ?? '');
  // A failed job that may be retried is not over: somebody may run it again.
  if (event.stage === 'failed') break;
}

console.log(watch.getSnapshot().job?.resultUrls ?? watch.getSnapshot().job?.error);
client.close();
