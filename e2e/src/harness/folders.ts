import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Where a failed test leaves its evidence. */
export const EVIDENCE = join(ROOT, '.cache', 'e2e');
