import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Figure } from '../figures.ts';
import { type Browser, openBrowser } from '../load/browser.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';

const DIST = fileURLToPath(new URL('../../../packages/web/dist/', import.meta.url));

const gzipKiB = (path: string) => gzipSync(readFileSync(path)).length / 1024;

async function loaded(browser: Browser, url: string): Promise<number> {
  const scripts = await browser.scriptsOf(url);
  return scripts.reduce((sum, script) => sum + gzipKiB(DIST + new URL(script).pathname.slice(1)), 0);
}

/** JavaScript that the two main pages load, beside all there is: what splitting saves. */
export async function bundleCase(): Promise<Figure[]> {
  if (!existsSync(`${DIST}index.html`))
    throw new Error('packages/web/dist is missing: run npm start or npm test first');
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts');
  const browser = await openBrowser();
  try {
    const { port, jobId } = await darkroom.call('finished');
    const all = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    const yardstick = [all.reduce((sum, file) => sum + gzipKiB(DIST + file), 0)];
    const pages = { Home: '/', Progress: `/jobs/${jobId}` };
    const figures: Figure[] = [];
    for (const [page, path] of Object.entries(pages)) {
      const kib = await loaded(browser, `http://127.0.0.1:${port}${path}`);
      figures.push({
        name: `JavaScript of ${page}, gzip, beside all`,
        unit: 'KiB',
        better: 'lower',
        darkroom: [kib],
        yardstick,
      });
    }
    return figures;
  } finally {
    await browser.close();
    await darkroom.stop();
  }
}
