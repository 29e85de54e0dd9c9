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
  /** What “Advanced settings” is opened and closed by. */
  readonly advanced: Locator;
  readonly backend: Locator;
  readonly model: Locator;
  readonly sampler: Locator;
  readonly guidance: Locator;
  readonly negativePrompt: Locator;
  readonly file: Locator;
  readonly picture: Locator;
  readonly strength: Locator;
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
    this.advanced = page.locator('summary', { hasText: 'Advanced settings' });
    this.backend = page.getByLabel('Backend', { exact: true });
    this.model = page.getByLabel('Model', { exact: true });
    this.sampler = page.getByLabel('Sampler', { exact: true });
    this.guidance = page.getByLabel('Guidance (CFG)', { exact: true });
    this.negativePrompt = page.getByLabel('Negative prompt', { exact: true });
    this.file = page.locator('input[type=file]');
    this.picture = page.getByRole('img', { name: 'The picture to begin with' });
    this.strength = page.getByRole('slider', { name: 'Strength' });
    this.generate = page.getByRole('button', { name: 'Generate', exact: true });
    this.clear = page.getByRole('button', { name: 'Clear', exact: true });
  }

  /** Unfolds the advanced settings. */
  async openAdvanced(): Promise<void> {
    await this.advanced.click();
    await this.backend.waitFor();
  }

  /** What stands in the form; the advanced settings must be unfolded. */
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
