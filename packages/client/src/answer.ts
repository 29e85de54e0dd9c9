import { type ApiError, ApiErrorBody, type ApiErrorCode, apiError } from '@darkroom/protocol';

/** Statuses of a server or proxy in passing trouble, where the body does not say more. */
const PASSING = new Map<number, ApiErrorCode>([
  [408, 'NETWORK_DISCONNECTED'],
  [429, 'RATE_LIMITED'],
  [502, 'NETWORK_DISCONNECTED'],
  [503, 'NETWORK_DISCONNECTED'],
  [504, 'NETWORK_DISCONNECTED'],
]);

/** What a refusal says. `spoken`: by a Darkroom server itself, not by something in between. */
export interface Refusal {
  readonly error: ApiError;
  readonly spoken: boolean;
  readonly retryAfterMs: number | undefined;
}

/** Reads a 4xx or 5xx answer, whoever wrote it. */
export async function readRefusal(response: Response, now: number): Promise<Refusal> {
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), now);
  const body = ApiErrorBody.safeParse(await readJson(response));
  if (body.success) return { error: body.data.error, spoken: true, retryAfterMs };
  const code = PASSING.get(response.status) ?? 'SERVER_ERROR';
  return { error: apiError(code, `The server answered ${response.status}.`), spoken: false, retryAfterMs };
}

/** The body as JSON, or undefined where it is none. */
export async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** `Retry-After` in milliseconds from `now`: seconds or a date. */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
