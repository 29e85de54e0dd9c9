import { afterAll, beforeAll } from 'vitest';
import { createJob, newPrompt } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { type Stage, startStage } from './harness/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({}, { concurrency: 1 });
});
afterAll(() => stage.close());

browserTest(
  '[C4] a waiting job shows its place in line, which moves as the line does, until it runs',
  async ({ visit }) => {
    const first = await stage.begin();
    const second = await createJob(stage.url, newPrompt());
    const third = await createJob(stage.url, newPrompt());
    const job = new JobPage(await visit(`${stage.url}/jobs/${third.id}`));
    await job.expectStatus('queued');
    await job.page.getByText(/^Place 2 in line/).waitFor();

    await fetch(`${stage.url}/api/jobs/${second.id}/cancel`, { method: 'POST' });
    await job.page.getByText(/^Next in line/).waitFor();
    await job.expectStatus('queued');

    first.run.finish();
    await job.expectStatus('running');
    await job.page.getByText(/in line/).waitFor({ state: 'detached' });
    const run = await stage.backend.run(third.prompt);
    run.finish();
    await job.expectState('completed');
    await job.expectPicture(true);
  },
);
