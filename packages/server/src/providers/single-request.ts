import type * as z from 'zod';
import type { UpstreamCall, UpstreamHttp } from './upstream-http.ts';

/** The `fetch` that a service's own client package is given. */
export type ClientFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What the caller says of a request; the rest of it is the client package's. */
export type SingleCall = Pick<UpstreamCall, 'signal' | 'timeoutMs' | 'submits' | 'classify'>;

/** Neither client package asks again after it. */
const FINAL_STATUS = 400;

/**
 * One request, built by a service's client package (address, credentials, headers, body) and sent by `http`, so that it
 * is bounded, checked by `schema` and never repeated. `build` makes a client with the given `fetch` and one call on it.
 *
 * The packages ask again by themselves after a broken connection, a 429 or a 5xx, submissions included, and leave no
 * way to turn that off (docs/decisions/0010). So their `fetch` never fails: what it learned goes past them.
 */
export async function requestOnce<T>(
  http: UpstreamHttp,
  schema: z.ZodType<T>,
  call: SingleCall,
  build: (fetch: ClientFetch) => Promise<unknown>,
): Promise<T> {
  let sent: Promise<T> | undefined;
  const fetchOnce: ClientFetch = async (input, init = {}) => {
    sent ??= http.json(String(input), schema, { ...call, ...toCall(init) });
    const status = await sent.then(
      () => 200,
      () => FINAL_STATUS,
    );
    return Response.json({}, { status });
  };
  const built = build(fetchOnce).catch((thrown: unknown) => {
    // Its complaint about a refusal is our own invention; before anything was sent it is a fault.
    if (sent === undefined) throw thrown;
  });
  await built;
  if (sent === undefined) throw new Error('the client package sent nothing');
  return sent;
}

function toCall({ method, headers, body }: RequestInit): Pick<UpstreamCall, 'method' | 'headers' | 'body'> {
  if (method !== undefined && method !== 'GET' && method !== 'POST' && method !== 'PUT')
    throw new Error(`the client package sent an unexpected ${method}`);
  return {
    method: method ?? 'GET',
    headers: Object.fromEntries(new Headers(headers)),
    ...(typeof body === 'string' && { body }),
  };
}
