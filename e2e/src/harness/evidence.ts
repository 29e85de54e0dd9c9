import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EVIDENCE } from './folders.ts';
import { readServerLogs } from './server-log.ts';
import type { Visit } from './visit.ts';

/**
 * Leaves everything that tells why a test failed in a folder of its own, and says where: each page's screenshot and
 * console, each session's trace (`npx playwright-core show-trace trace-1.zip`), the servers' logs.
 */
export async function saveEvidence(title: string, visits: readonly Visit[]): Promise<void> {
  const folder = join(EVIDENCE, title.replace(/[^\w-]+/g, '-').replace(/^-|-$/g, ''));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const missing: string[] = [];
  const attempt = (name: string, save: Promise<unknown>) => save.catch((thrown) => missing.push(`${name}: ${thrown}`));
  await writeFile(join(folder, 'server.log'), readServerLogs());
  for (const [index, visit] of visits.flatMap((visit) => [visit, ...visit.tabs]).entries()) {
    const page = `page-${index + 1}`;
    await attempt(page, visit.saveEvidence(join(folder, page)));
  }
  for (const [index, context] of [...new Set(visits.map((visit) => visit.context))].entries()) {
    const trace = `trace-${index + 1}.zip`;
    await attempt(trace, context.tracing.stop({ path: join(folder, trace) }));
  }
  console.error(`Evidence of “${title}”: ${folder}${missing.map((line) => `\n  not saved: ${line}`).join('')}`);
}
