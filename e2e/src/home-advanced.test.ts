import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newPrompt, readLog } from './harness/api.ts';
import { expectSound } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { HomePage } from './harness/home-page.ts';
import { JobPage } from './harness/job-page.ts';
import { picture } from './harness/pictures.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';
import type { Visit } from './harness/visit.ts';

const MIB = 1024 * 1024;

/** `forge` can do everything; `painter` nothing but paint, at two sizes and without previews. */
let stage: Stage;

beforeAll(async () => {
  stage = await startStage(
    {},
    { name: 'forge', capabilities: { models: ['dreamy', 'real'], samplers: ['Euler a', 'DDIM'] } },
    {
      name: 'painter',
      capabilities: {
        sizes: ['512', '768'],
        models: [],
        samplers: [],
        steps: false,
        seed: false,
        negativePrompt: false,
        cfg: false,
        imageToImage: false,
        previews: false,
      },
    },
  );
});
afterAll(() => stage.close());

async function openHome(visitor: Visit): Promise<HomePage> {
  const home = new HomePage(visitor);
  await home.openAdvanced();
  // The backends are known once they can be chosen.
  await eventually(() => home.backend.locator('option').count()).toBe(3);
  return home;
}

const jobIdOf = (page: Page) => new URL(page.url()).pathname.slice('/jobs/'.length);

/** Presses Generate and waits for the job's page. */
async function generate(home: HomePage): Promise<string> {
  await home.generate.click();
  await home.page.waitForURL(/\/jobs\/[\w-]{22}$/);
  return jobIdOf(home.page);
}

const png = (name = 'kite.png') => ({ name, mimeType: 'image/png', buffer: Buffer.from(picture(5).bytes) });

/** In the page: a file as it comes with a paste or a drop. */
function transferOf({ name, type, bytes }: { name: string; type: string; bytes: number[] }): DataTransfer {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
  return transfer;
}
const FILE = { name: 'kite.png', type: 'image/png', bytes: [...picture(5).bytes] };

describe.concurrent('[B14] advanced settings', () => {
  browserTest('[B14] [B7] are folded away, and their code comes when they are opened', async ({ prepare }) => {
    const visitor = await prepare();
    const scripts: string[] = [];
    visitor.page.on('request', (request) => scripts.push(request.url()));
    await visitor.page.goto(stage.url);
    const home = new HomePage(visitor);
    await home.advanced.waitFor();
    await visitor.settled();
    expect(scripts.filter((url) => url.includes('advanced'))).toEqual([]);
    expect(await home.backend.count()).toBe(0);
    await home.openAdvanced();
    expect(scripts.filter((url) => url.includes('advanced-settings')).length).toBe(1);
  });

  browserTest('[B14] offer each backend by its name and health', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    await eventually(() => home.backend.locator('option').allTextContents()).toEqual([
      'Automatic',
      'forge (Ready)',
      'painter (Ready)',
    ]);
  });

  browserTest('[B14] offer only what the chosen backend can do, with Automatic what any can', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    const fields = [home.model, home.sampler, home.guidance, home.negativePrompt, home.file];
    const offered = () => Promise.all(fields.map((field) => field.count()));
    await eventually(offered).toEqual([1, 1, 1, 1, 1]);
    await eventually(() => home.model.locator('option').allTextContents()).toEqual([
      'Backend’s choice',
      'dreamy',
      'real',
    ]);

    await home.backend.selectOption('painter');
    await eventually(offered).toEqual([0, 0, 0, 0, 0]);
    const largest = home.size.locator('option', { hasText: '1024' });
    await eventually(() => largest.isDisabled()).toBe(true);
    await eventually(() => largest.textContent()).toBe('1024 × 1024 (painter cannot)');
    await eventually(() => home.steps.isDisabled()).toBe(true);
    await home.page.getByText('Decided by the backend.').waitFor();
    await eventually(() => home.seed.isDisabled()).toBe(true);
    await home.page.getByText('This backend shows no previews: the picture appears when it is ready.').waitFor();

    await home.backend.selectOption('forge');
    await eventually(offered).toEqual([1, 1, 1, 1, 1]);
    await eventually(() => largest.isDisabled()).toBe(false);
    expect(await home.page.getByText('This backend shows no previews').count()).toBe(0);
  });

  browserTest('[B14] what the chosen backend cannot do is said, never dropped in silence', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    await home.prompt.fill(newPrompt());
    await home.guidance.fill('7');
    await home.backend.selectOption('painter');
    const said = home.page.getByText('painter cannot do this. Change or clear it, or choose another backend.');
    await said.waitFor();
    await home.generate.click();
    await eventually(() => home.guidance.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(new URL(home.page.url()).pathname).toBe('/');
    await home.guidance.fill('');
    await said.waitFor({ state: 'detached' });
  });

  browserTest('[B14] all of them reach the backend, and the job’s page tells them', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    const prompt = newPrompt();
    await home.prompt.fill(prompt);
    await home.size.selectOption('768');
    await home.backend.selectOption('forge');
    await home.model.selectOption('real');
    await home.sampler.selectOption('DDIM');
    await home.guidance.fill('6.5');
    await home.negativePrompt.fill('fog, text');
    await home.page.getByRole('button', { name: 'Choose a seed by chance' }).click();
    const seed = Number(await home.seed.inputValue());
    await home.page.getByRole('radio', { name: '2' }).check();
    await home.advanced.getByText('7 set').waitFor();
    const jobId = await generate(home);

    const run = await stage.named('forge').run(prompt);
    expect(run.request).toMatchObject({
      prompt,
      size: 768,
      model: 'real',
      sampler: 'DDIM',
      cfg: 6.5,
      negativePrompt: 'fog, text',
      seed,
    });
    const job = new JobPage(home.visit);
    const settings = job.page.getByRole('region', { name: 'Settings' });
    for (const text of ['forge', 'real', 'DDIM', '6.5', 'fog, text', String(seed), '768 × 768'])
      await settings.getByText(text, { exact: true }).waitFor();
    await settings.getByRole('button', { name: 'Copy' }).click();
    await eventually(() => job.visit.clipboard()).toContain(`Prompt: ${prompt}\nBackend: forge\nModel: real\n`);

    await job.page.getByRole('link', { name: 'Restart with modified prompt' }).click();
    await home.negativePrompt.waitFor();
    await eventually(() => home.negativePrompt.inputValue()).toBe('fog, text');
    await eventually(() => home.guidance.inputValue()).toBe('6.5');
    await eventually(() => home.model.inputValue()).toBe('real');
    await eventually(() => home.seed.inputValue()).toBe(String(seed));
    await eventually(() => home.page.getByRole('radio', { name: '2' }).isChecked()).toBe(true);
    run.finish();
    (await stage.named('forge').run(prompt)).finish();
    await eventually(async () => (await readLog(stage.url, jobId)).at(-1)?.stage).toBe('completed');
  });

  browserTest('[B14] a refusal by the server lands on its field', async ({ visit }) => {
    const apart = await startStage(
      {},
      { name: 'one', capabilities: { models: ['m1'], cfg: false } },
      { name: 'two', capabilities: { models: ['m2'] } },
    );
    try {
      const home = await openHome(await visit(apart.url));
      await home.prompt.fill(newPrompt());
      await home.model.selectOption('m1');
      await home.guidance.fill('7');
      await home.generate.click();
      await home.page.getByText('No backend can use a guidance scale together with the other options.').waitFor();
      await eventually(() => home.guidance.getAttribute('aria-invalid')).toBe('true');
      await eventually(() => home.guidance.evaluate((field) => field === document.activeElement)).toBe(true);
      expect(await home.page.getByRole('alert').count()).toBe(0);
      await home.model.selectOption('m2');
      await generate(home);
    } finally {
      await apart.close();
    }
  });
});

describe.concurrent('[B13] image-to-image', () => {
  browserTest('[B13] a chosen picture is sent, and the job begins with it', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    const prompt = newPrompt();
    await home.prompt.fill(prompt);
    await home.file.setInputFiles(png());
    await home.page.getByText('The job begins with this picture.').waitFor();
    await home.page.getByText('kite.png · 64 × 64 pixels').waitFor();
    await eventually(() => home.picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(64);
    await home.strength.fill('0.35');
    await home.page.getByText('35%').waitFor();
    await home.page.getByText('Stays close to your picture and changes details.').waitFor();
    await expectSound(home.visit);
    await generate(home);

    const run = await stage.named('forge').run(prompt);
    expect(run.request.input?.strength).toBe(0.35);
    expect(run.request.input?.image.type).toBe('image/png');
    const job = new JobPage(home.visit);
    const settings = job.page.getByRole('region', { name: 'Settings' });
    await settings.getByRole('img', { name: 'Input picture' }).waitFor();
    await settings.getByText('35%').waitFor();
    run.finish();
    await job.expectState('completed');

    await job.page.getByRole('link', { name: 'Restart with modified prompt' }).click();
    await eventually(() => home.picture.getAttribute('src')).toMatch(/^\/api\/jobs\/[\w-]{22}\/inputs\//);
    await eventually(() => home.strength.inputValue()).toBe('0.35');
  });

  browserTest('[B13] a result can be used as input', async ({ visit }) => {
    const { jobId, run } = await stage.begin({ provider: 'forge', seed: 7, count: 1, size: '768' });
    run.step();
    run.finish();
    const job = new JobPage(await visit(`${stage.url}/jobs/${jobId}`));
    await job.expectPicture(true);
    const url = (await readLog(stage.url, jobId)).at(-1)?.resultUrls?.[0];
    await job.page.getByRole('link', { name: 'Use as input' }).click();
    const home = new HomePage(job.visit);
    await eventually(() => home.picture.getAttribute('src')).toBe(url);
    await eventually(() => home.picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(64);
    await eventually(() => home.size.inputValue()).toBe('768');
    await eventually(() => home.seed.inputValue()).toBe('');
    await home.page.getByRole('button', { name: 'Remove' }).click();
    await home.page.getByText('Choose a picture').waitFor();
  });

  browserTest('[B13] a picture can be pasted anywhere, before the settings were ever opened', async ({ visit }) => {
    const home = new HomePage(await visit(stage.url));
    await home.prompt.click();
    const transfer = await home.page.evaluateHandle(transferOf, FILE);
    await home.page.evaluate(
      (clipboardData) =>
        document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true })),
      transfer,
    );
    await home.page.getByText('The job begins with this picture.').waitFor();
    await home.picture.waitFor();
  });

  browserTest(
    '[B13] a picture can be dropped on the form, which says so while it is held over it',
    async ({ visit }) => {
      const home = new HomePage(await visit(stage.url));
      await home.prompt.waitFor();
      const dataTransfer = await home.page.evaluateHandle(transferOf, FILE);
      await home.prompt.dispatchEvent('dragover', { dataTransfer });
      const hint = home.page.getByText('Drop the picture to begin with it');
      await hint.waitFor();
      await home.prompt.dispatchEvent('drop', { dataTransfer });
      await home.page.getByText('The job begins with this picture.').waitFor();
      expect(await hint.count()).toBe(0);
    },
  );

  browserTest('[B13] what cannot be the picture is refused in place, before it is sent', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    const sent: string[] = [];
    home.page.on('request', (request) => sent.push(request.url()));
    const text = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('not a picture') };
    await home.file.setInputFiles(text);
    await home.page.getByText('This file is no PNG, JPEG or WebP picture.').waitFor();
    await eventually(() => home.file.getAttribute('aria-invalid')).toBe('true');
    await expectSound(home.visit);

    await home.file.setInputFiles({ ...text, name: 'broken.png', mimeType: 'image/png' });
    await home.page.getByText('This file is not a picture that can be read.').waitFor();

    const large = await home.page.evaluateHandle((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], 'large.png', { type: 'image/png' }));
      return transfer;
    }, 25 * MIB);
    await home.prompt.dispatchEvent('drop', { dataTransfer: large });
    await home.page.getByText('This file has 25 MB; at most 20 MB are allowed.').waitFor();
    expect(sent.filter((url) => url.includes('/api/uploads'))).toEqual([]);

    await home.file.setInputFiles(png());
    await home.page.getByText('The job begins with this picture.').waitFor();
    expect(await home.page.getByRole('alert').count()).toBe(0);
  });

  browserTest('[B13] what the server says of a picture stands beside it', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    await home.page.route('**/api/uploads', async (route) => {
      // Not what the page thought it sends: the server looks into it.
      await route.continue({ postData: Buffer.from('no picture at all') });
    });
    await home.file.setInputFiles(png());
    await eventually(() => home.page.getByRole('alert').textContent()).toContain(
      'This file is not a picture that can be read.',
    );
    await eventually(() => home.generate.isEnabled()).toBe(true);
  });

  browserTest('[B13] while a picture is on its way Generate waits; the sending can be cancelled', async ({ visit }) => {
    const home = await openHome(await visit(stage.url));
    await home.page.route('**/api/uploads', () => {});
    await home.prompt.fill(newPrompt());
    await home.file.setInputFiles(png());
    await home.page.getByText('Sending kite.png').waitFor();
    await home.page.getByRole('progressbar', { name: 'Sending kite.png' }).waitFor();
    await eventually(() => home.page.getByRole('button', { name: 'Sending the picture…' }).isDisabled()).toBe(true);
    await home.page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await home.page.getByText('Choose a picture').waitFor();
    await eventually(() => home.generate.isEnabled()).toBe(true);
  });

  browserTest('[B13] a picture that has expired is said beside the picture', async ({ visit }) => {
    const home = new HomePage(await visit(`${stage.url}/?prompt=A+kite&image=/api/uploads/AAAAAAAAAAAAAAAAAAAAAA`));
    await home.picture.waitFor({ state: 'attached' });
    await home.generate.click();
    await eventually(() => home.page.locator('#picture-error').textContent()).toBe(
      'This picture is not here any more. Upload it again.',
    );
    expect(new URL(home.page.url()).pathname).toBe('/');
  });
});

describe('[B13] without a backend that begins with pictures', () => {
  browserTest('[B13] a dropped picture is refused with the reason, and the page stays', async ({ visit }) => {
    const plain = await startStage({}, { capabilities: { imageToImage: false } });
    try {
      const home = new HomePage(await visit(plain.url));
      await home.prompt.waitFor();
      await home.visit.settled();
      const dataTransfer = await home.page.evaluateHandle(transferOf, FILE);
      await home.prompt.dispatchEvent('drop', { dataTransfer });
      await home.page.getByText('No backend here can begin with a picture.').waitFor();
      expect(new URL(home.page.url()).pathname).toBe('/');
    } finally {
      await plain.close();
    }
  });
});
