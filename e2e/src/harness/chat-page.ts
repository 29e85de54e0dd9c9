import type { Locator, Page } from 'playwright-core';
import { newPrompt } from './api.ts';
import type { Visit } from './visit.ts';

/** The Chat page, as a test uses it. */
export class ChatPage {
  readonly visit: Visit;
  readonly page: Page;
  readonly box: Locator;
  readonly list: Locator;
  readonly pictures: Locator;

  constructor(visit: Visit) {
    this.visit = visit;
    this.page = visit.page;
    this.box = this.page.getByRole('textbox', { name: 'Message' });
    this.list = this.page.getByRole('navigation', { name: 'Conversations' });
    this.pictures = this.page.getByTestId('picture');
  }

  /** Says something. */
  async say(words: string): Promise<void> {
    await this.box.fill(words);
    await this.box.press('Enter');
  }

  /** Asks for a picture of something that no other job shows; answers its prompt. */
  async draw(): Promise<string> {
    const prompt = newPrompt();
    await this.say(`Draw ${prompt}`);
    return prompt;
  }

  /** The picture that answers a request for `prompt`. */
  picture(prompt: string): Locator {
    return this.turn(prompt).getByTestId('picture');
  }

  /** The request for `prompt` and its answer. */
  turn(prompt: string): Locator {
    return this.page.getByRole('article').filter({ hasText: prompt });
  }

  /** Waits for a picture's status. */
  async until(prompt: string, status: 'queued' | 'processing' | 'complete' | 'error'): Promise<Locator> {
    const picture = this.turn(prompt).locator(`[data-testid=picture][data-status=${status}]`);
    await picture.waitFor();
    return picture;
  }

  /** The address once the first message has made a conversation. */
  async conversation(): Promise<string> {
    await this.page.waitForURL(/\/chat\/[\w-]{22}$/);
    return this.page.url();
  }
}
