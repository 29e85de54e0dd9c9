import { afterAll, beforeAll, describe, expect } from 'vitest';
import { expectSound } from './audit.ts';
import { browserTest } from './browser-test.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

/** What a page may do wrong, and what the audit then says. */
const FLAWS: readonly (readonly [name: string, flaw: () => void, complaint: RegExp])[] = [
  ['a picture without a text', () => document.querySelector('main')?.append(new Image()), /image-alt/],
  [
    'a text of too little contrast',
    () => {
      const text = Object.assign(document.createElement('p'), { textContent: 'hard to read' });
      text.style.color = '#333';
      document.querySelector('main')?.append(text);
    },
    /color-contrast/,
  ],
  [
    'something wider than the page',
    () => {
      const block = Object.assign(document.createElement('div'), { className: 'wide' });
      Object.assign(block.style, { width: '2000px', height: '10px' });
      document.querySelector('main')?.append(block);
    },
    /scrollWidth/,
  ],
  [
    'a script that the content security policy forbids',
    () => document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.name = "x"' })),
    /script-src|default-src/,
  ],
  ['an error in the console', () => console.error('something broke'), /something broke/],
];

describe.concurrent('the audit itself', () => {
  for (const [name, flaw, complaint] of FLAWS) {
    browserTest(`[A11] [A12] the audit finds ${name}`, async ({ visit }) => {
      const visitor = await visit(stage.url);
      await visitor.page.getByRole('heading', { level: 1, name: 'Generate Images' }).waitFor();
      await visitor.settled();
      await expectSound(visitor);
      await visitor.page.evaluate(flaw);
      const said = await expectSound(visitor).then(
        () => 'nothing',
        ({ actual }: { actual?: unknown }) => String(actual),
      );
      expect(said).toMatch(complaint);
    });
  }
});
