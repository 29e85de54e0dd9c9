import { afterEach, beforeEach, describe, expect } from 'vitest';
import { expectSound } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { QueuePanel } from './harness/queue-panel.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';
import type { Visit } from './harness/visit.ts';

let stage: Stage;

// What one test leaves in line would keep the next one waiting.
beforeEach(async () => {
  stage = await startStage({}, { concurrency: 1 });
});
afterEach(() => stage.close());

const FIRST = 'Next in line';
const SECOND = 'Place 2 in line';
const THIRD = 'Place 3 in line';

/** A visitor with one job under way and three that wait. */
async function withJobs(visit: Visit) {
  const panel = new QueuePanel(visit);
  await panel.expectCount(0);
  await visit.page.getByText('Recent jobs').waitFor();
  await eventually(async () => (await visit.context.cookies()).length).toBeGreaterThan(0);
  const [running, ...waiting] = await panel.createJobs(4);
  const [a, b, c] = waiting;
  if (running === undefined || a === undefined || b === undefined || c === undefined) throw new Error('no jobs');
  const run = await stage.backend.run(running.prompt);
  await visit.page.reload();
  await panel.expectCount(4);
  return { panel, run, running, a, b, c };
}

describe('[C4] the queue panel', () => {
  browserTest('[C4] shows what runs and what waits, live, on every page', async ({ visit }) => {
    const { panel, run, running, a, b, c } = await withJobs(await visit(stage.url));
    await panel.open();
    await panel.expectLine([a, FIRST], [b, SECOND], [c, THIRD]);
    run.step(3);
    await panel.row(running).getByText('30%').waitFor();
    await panel.row(running).locator('img').last().waitFor();
    await panel.row(running).getByText('Running').waitFor();
    await expectSound(panel.visit);
    run.finish();
    await panel.expectCount(3);
    await panel.row(a).getByText('Running').waitFor();
    await panel.expectLine([b, FIRST], [c, SECOND]);
    await panel.row(b).getByRole('link', { name: b.prompt }).click();
    await panel.page.waitForURL(`${stage.url}/jobs/${b.id}`);
    await panel.dialog.waitFor({ state: 'detached' });
    await panel.expectCount(3);
  });

  browserTest('[C4] a job cancelled in the middle: those behind it move up', async ({ visit }) => {
    const { panel, a, b, c } = await withJobs(await visit(stage.url));
    await panel.open();
    await panel.expectLine([a, FIRST], [b, SECOND], [c, THIRD]);
    await panel
      .row(b)
      .getByRole('button', { name: `Cancel “${b.prompt}”` })
      .click();
    await panel.expectLine([a, FIRST], [c, SECOND]);
    await panel.expectSaid(`“${b.prompt}” was cancelled.`);
    await panel.expectCount(3);
    await eventually(() => panel.page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true);
  });

  browserTest('[C4] waiting jobs are put in another order by keyboard and by dragging', async ({ visit }) => {
    const { panel, a, b, c } = await withJobs(await visit(stage.url));
    await panel.open();
    await panel.expectLine([a, FIRST], [b, SECOND], [c, THIRD]);
    await panel.row(c).getByRole('button', { name: /up$/ }).focus();
    await panel.page.keyboard.press('Enter');
    await panel.expectLine([a, FIRST], [c, SECOND], [b, THIRD]);
    await panel.expectSaid(`“${c.prompt}” is now number 2 of your 3 waiting jobs.`);
    // The focus went along.
    await panel.page.keyboard.press('Enter');
    await panel.expectLine([c, FIRST], [a, SECOND], [b, THIRD]);
    await panel.row(c).getByTestId('grip').hover();
    await panel.page.mouse.down();
    const last = await panel.row(b).boundingBox();
    if (last === null) throw new Error('the last row is not to be seen');
    await panel.page.mouse.move(last.x + 30, last.y + last.height / 2, { steps: 8 });
    await panel.page.mouse.up();
    await panel.expectLine([a, FIRST], [b, SECOND], [c, THIRD]);
    await panel.expectSaid(`“${c.prompt}” is now number 3 of your 3 waiting jobs.`);
  });

  browserTest('[C4] another tab sees the same, and all are cancelled at once after a question', async ({ visit }) => {
    const { panel, running, a, b, c } = await withJobs(await visit(stage.url));
    const other = new QueuePanel(await panel.visit.tab());
    await other.page.goto(`${stage.url}/docs`);
    await other.expectCount(4);
    await other.open();
    await panel.open();
    await panel.row(b).getByRole('button', { name: /up$/ }).click();
    await other.expectLine([b, FIRST], [a, SECOND], [c, THIRD]);
    await panel.dialog.getByRole('button', { name: 'Cancel all' }).click();
    await panel.page.getByRole('heading', { name: 'Cancel all your 4 jobs?' }).waitFor();
    await panel.page.getByRole('button', { name: 'Keep going' }).click();
    await other.expectCount(4);
    await panel.dialog.getByRole('button', { name: 'Cancel all' }).click();
    await panel.page.getByRole('button', { name: 'Cancel all jobs' }).click();
    await panel.expectCount(0);
    await panel.expectSaid('4 jobs were cancelled.');
    await panel.dialog.getByText('Nothing waits or runs').waitFor();
    await other.expectCount(0);
    await expectSound(panel.visit);
    const { job } = await (await fetch(`${stage.url}/api/jobs/${running.id}`)).json();
    expect(job.status).toBe('cancelled');
  });

  browserTest('[C4] on a phone; a failure is told in place, in the server’s words', async ({ visit }) => {
    const { panel, a, b, c } = await withJobs(await visit(stage.url, 'phone'));
    await panel.open();
    await panel.expectLine([a, FIRST], [b, SECOND], [c, THIRD]);
    await expectSound(panel.visit);
    await panel.page.route('**/move', (route) =>
      route.fulfill({
        status: 409,
        json: { error: { code: 'WRONG_STATE', message: 'It has just begun.', retryable: false } },
      }),
    );
    await panel.row(b).getByRole('button', { name: /up$/ }).click();
    await panel.dialog.getByRole('alert').getByText('It has just begun.').waitFor();
    await panel.page.keyboard.press('Escape');
    await panel.dialog.waitFor({ state: 'detached' });
  });
});
