import type { Locator, Page } from 'playwright-core';
import type { Visit } from './visit.ts';

/** Home, as its reader knows it. */
export class HomePage {
  readonly visit: Visit;
  readonly page: Page;
  readonly prompt: Locator;
  readonly size: Locator;
  readonly steps: Locator;
  readonly style: Locator;
  readonly seed: Locator;
  readonly generate: Locator;
  readonly clear: Locator;

  constructor(visit: Visit) {
    const { page } = visit;
    this.visit = visit;
    this.page = page;
    this.prompt = page.getByLabel('Prompt', { exact: true });
    this.size = page.getByLabel('Size', { exact: true });
    this.steps = page.getByLabel('Steps', { exact: true });
    this.style = page.getByLabel('Style', { exact: true });
    this.seed = page.getByLabel('Seed', { exact: true });
    this.generate = page.getByRole('button', { name: 'Generate', exact: true });
    this.clear = page.getByRole('button', { name: 'Clear', exact: true });
  }

  /** What stands in the form. */
  async values(): Promise<Record<'prompt' | 'size' | 'steps' | 'style' | 'seed', string>> {
    return {
      prompt: await this.prompt.inputValue(),
      size: await this.size.inputValue(),
      steps: await this.steps.inputValue(),
      style: await this.style.inputValue(),
      seed: await this.seed.inputValue(),
    };
  }
}
