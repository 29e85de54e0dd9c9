import { fileURLToPath } from 'node:url';

/**
 * Where Node keeps the compiled code of programs that tests start, for the next start and the next run: a start takes
 * two thirds of the CPU time then. Node checks each entry against the source.
 */
export const COMPILE_CACHE = fileURLToPath(new URL('../../../../.cache/compiled', import.meta.url));
