import { type Job, JobResponse } from '@darkroom/protocol';
import type { Locator, Page } from 'playwright-core';
import { newPrompt } from './api.ts';
import { postAsPage } from './post-as-page.ts';
import { eventually } from './until.ts';
import type { Visit } from './visit.ts';

/** The panel of one's own jobs, as its reader knows it. */
export class QueuePanel {
  readonly visit: Visit;
  readonly page: Page;
  /** What opens it, on every page. */
  readonly button: Locator;
  readonly dialog: Locator;
  /** The jobs that wait. */
  readonly waiting: Locator;

  constructor(visit: Visit) {
    const { page } = visit;
    this.visit = visit;
    this.page = page;
    this.button = page.getByRole('button', { name: /^Your jobs/ });
    this.dialog = page.getByRole('dialog', { name: 'Your jobs' });
    this.waiting = this.dialog.locator('ol > li');
  }

  async open(): Promise<void> {
    await this.button.click();
    await this.dialog.waitFor();
  }

  /** Jobs of this visitor, as a program with the page's cookie would make them. */
  async createJobs(count: number): Promise<Job[]> {
    const jobs: Job[] = [];
    for (let made = 0; made < count; made++) {
      const data = { prompt: newPrompt(), options: { steps: 10 } };
      const response = await postAsPage(this.page, '/api/jobs', data);
      jobs.push(JobResponse.parse(await response.json()).job);
    }
    return jobs;
  }

  row(job: Job): Locator {
    return this.dialog.locator(`[data-job="${job.id}"]`);
  }

  /** Waits until the button tells of so many jobs. */
  async expectCount(count: number): Promise<void> {
    const name = count === 0 ? 'Your jobs' : `Your jobs: ${count} active`;
    await this.page.getByRole('button', { name, exact: true }).waitFor();
  }

  /** Waits until exactly these wait, in this order, with these places. */
  async expectLine(...line: readonly (readonly [Job, place: string])[]): Promise<void> {
    const read = async () => {
      const rows = await this.waiting.evaluateAll((items) =>
        items.map((item) => [item.getAttribute('data-job'), item.querySelector('[data-testid=place]')?.textContent]),
      );
      return rows.map(([id, place]) => [id, place?.split(',')[0]]);
    };
    await eventually(read).toEqual(line.map(([{ id }, place]) => [id, place]));
  }

  /** Waits until a screen reader is told so. */
  async expectSaid(text: string): Promise<void> {
    await this.dialog.getByRole('status').filter({ hasText: text }).waitFor({ state: 'attached' });
  }
}
