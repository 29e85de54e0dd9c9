import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.ts';

/** A built web app of one page, a script and an image; it is removed when the test ends. */
export async function createWebFolder(): Promise<string> {
  const webRoot = await tempFolder();
  await writeFile(
    join(webRoot, 'index.html'),
    '<!doctype html><html lang="en"><head>\n    <!--head-->\n</head><body>app</body></html>',
  );
  await mkdir(join(webRoot, 'assets'));
  await writeFile(join(webRoot, 'assets', 'app-1.js'), 'console.log(1)');
  await writeFile(join(webRoot, 'og.png'), 'png');
  return webRoot;
}
