import { type ApiError, type ApiErrorCode, ERROR_INFO } from '@darkroom/protocol';
import type { BaseLogger } from 'pino';
import type { Clock } from './clock.ts';

/** How often incidents are summed up in the log, in milliseconds. */
const SUMMARY_MS = 10_000;
/** Different faults that are logged in full between two summaries; the others are only counted. */
const MAX_FAULTS = 20;
const OTHER_FAULTS = 'other faults';

/** The request that was refused. Never its path or body: they hold prompts and ids of jobs. */
export interface RefusedRequest {
  readonly method: string;
  /** Pattern of its route. */
  readonly route: string;
}

interface Refusals {
  count: number;
  readonly example: RefusedRequest & { readonly message: string; readonly field?: string };
}

interface Fault {
  /** Times since it was logged last. */
  count: number;
  /** What was being done. */
  readonly what: string;
}

/** By name and message: two errors of one cause differ in their stack only by the caller. */
const faultKey = (thrown: unknown, what: string) =>
  `${what}: ${thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : thrown}`.slice(0, 500);

/**
 * Log of what goes wrong at requests and jobs, bounded however often it does. Refusals are expected: one line a code every
 * 10 s, with a count and an example. A fault is logged in full when it is new; while it repeats, its count is logged.
 */
export class IncidentLog {
  /** Refusals since the start, by error code. */
  readonly refusals = new Map<ApiErrorCode, number>();
  readonly #logger: Pick<BaseLogger, 'info' | 'warn' | 'error'>;
  readonly #clock: Clock;
  readonly #refused = new Map<ApiErrorCode, Refusals>();
  readonly #faults = new Map<string, Fault>();
  #stopTimer: (() => void) | undefined;

  constructor(logger: Pick<BaseLogger, 'info' | 'warn' | 'error'>, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** A client was answered with this error, as intended. `precise`: a message for the log alone. */
  refuse({ code, message, field }: ApiError, request: RefusedRequest, precise = message): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    const known = this.#refused.get(code);
    if (known !== undefined) known.count++;
    else {
      const example = { ...request, message: precise, ...(field !== undefined && { field }) };
      this.#refused.set(code, { count: 1, example });
      this.#startTimer();
    }
  }

  /** Something is wrong with this server, or with what it depends on. */
  fail(thrown: unknown, what: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const isFull = this.#faults.size >= MAX_FAULTS;
    const key = faultKey(thrown, what);
    const known = this.#faults.get(key) ?? (isFull ? this.#faults.get(OTHER_FAULTS) : undefined);
    if (known !== undefined) {
      known.count++;
      return;
    }
    if (isFull) this.#faults.set(OTHER_FAULTS, { count: 1, what });
    else {
      this.#faults.set(key, { count: 0, what });
      this.#logger.error({ ...fields, err: thrown }, what);
    }
    this.#startTimer();
  }

  /** Logs what is not logged yet. */
  close(): void {
    this.#stopTimer?.();
    this.#sumUp();
  }

  #startTimer(): void {
    this.#stopTimer ??= this.#clock.after(SUMMARY_MS, () => {
      this.#stopTimer = undefined;
      this.#sumUp();
      if (this.#faults.size > 0) this.#startTimer();
    });
  }

  #sumUp(): void {
    for (const [code, { count, example }] of this.#refused) {
      const level = ERROR_INFO[code].status >= 500 ? 'warn' : 'info';
      this.#logger[level]({ code, count, example }, 'requests refused');
    }
    this.#refused.clear();
    for (const [key, fault] of this.#faults) {
      if (fault.count === 0) this.#faults.delete(key);
      else this.#logger.error({ count: fault.count, fault: key }, `${fault.what}, repeatedly`);
      fault.count = 0;
    }
  }
}
