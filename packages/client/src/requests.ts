import { apiError } from '@darkroom/protocol';
import { readJson, readRefusal } from './answer.ts';
import { DarkroomError } from './darkroom-error.ts';
import type { Environment } from './environment.ts';
import { TIMING } from './timing.ts';
import type { Network } from './transports/transport.ts';

/** A request to the server and what its answer looks like. */
export interface ApiRequest<Answer> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the server's address, without a slash in front. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  /** Whether asking twice does no more than asking once: then a network failure is tried again. */
  readonly repeatable: boolean;
  /** Statuses that answer the question although they are errors. */
  readonly alsoFine?: readonly number[];
  readonly answer: { safeParse(value: unknown): { success: true; data: Answer } | { success: false } };
}

/** Waits before the second and third try. */
const RETRIES_MS = [300, 1_500];

/** Asks the server, and again after a network failure where that is safe. Fails with `DarkroomError`. */
export async function request<Answer>(
  network: Network,
  environment: Environment,
  wanted: ApiRequest<Answer>,
): Promise<Answer> {
  for (const waitMs of wanted.repeatable ? RETRIES_MS : []) {
    try {
      return await requestOnce(network, environment, wanted);
    } catch (error) {
      const broken = error instanceof DarkroomError && error.status === undefined;
      if (!broken) throw error;
      await new Promise<void>((resolve) => environment.setTimer(resolve, waitMs));
    }
  }
  return requestOnce(network, environment, wanted);
}

async function requestOnce<Answer>(
  network: Network,
  environment: Environment,
  wanted: ApiRequest<Answer>,
): Promise<Answer> {
  const asking = new AbortController();
  const cancelTimer = environment.setTimer(() => asking.abort(), TIMING.requestTimeoutMs);
  try {
    const response = await send(network, wanted, asking.signal);
    if (!response.ok && wanted.alsoFine?.includes(response.status) !== true) {
      const { error, retryAfterMs } = await readRefusal(response, environment.now());
      throw new DarkroomError(error, { status: response.status, retryAfterMs });
    }
    const answer = wanted.answer.safeParse(await readJson(response));
    if (answer.success) return answer.data;
    const error = apiError('SERVER_ERROR', 'The answer is not one of a Darkroom server.');
    throw new DarkroomError(error, { status: response.status });
  } finally {
    cancelTimer();
  }
}

async function send<Answer>(network: Network, wanted: ApiRequest<Answer>, signal: AbortSignal): Promise<Response> {
  const url = new URL(wanted.path, network.baseUrl);
  for (const [name, value] of Object.entries(wanted.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const { method, body, idempotencyKey } = wanted;
  const headers = {
    accept: 'application/json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
  const init = { method, headers, signal, ...(body !== undefined && { body: JSON.stringify(body) }) };
  try {
    return await network.fetch(url, { ...init, cache: 'no-store' });
  } catch (cause) {
    throw new DarkroomError(apiError('NETWORK_DISCONNECTED'), { cause });
  }
}
