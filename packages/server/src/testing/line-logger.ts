import { type Logger, pino } from 'pino';

/** A logger whose every line, as JSON, goes to `write`. */
export const createLineLogger = (write: (line: string) => void): Logger => pino({ level: 'debug' }, { write });
