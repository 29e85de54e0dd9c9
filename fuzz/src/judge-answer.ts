import { ApiErrorBody } from '@darkroom/protocol';
import type { RawRequest } from './inputs/http-requests.ts';
import type { Sent } from './wire/http-sender.ts';
import type { SocketTalk } from './wire/socket-sender.ts';
import { isPlain } from './wire/write-request.ts';

/** Errors that a client's input must never cause. */
const SERVER_FAULTS = /"code":"(?:SERVER_ERROR|STORAGE_UNAVAILABLE)"/;
const INTERNAL_ERROR = 1011;

function isApiError(body: string): boolean {
  try {
    return ApiErrorBody.safeParse(JSON.parse(Buffer.from(body, 'latin1').toString())).success;
  } catch {
    return false;
  }
}

/** What is wrong with the answer to a request; undefined: nothing. */
export function judgeAnswer(request: RawRequest, sent: Sent): string | undefined {
  if (sent === 'closed') return undefined;
  if (sent === 'unanswered') return isPlain(request) ? 'no answer' : undefined;
  const { status, headers, body } = sent;
  if (status === 0) return `no HTTP: ${body.slice(0, 100)}`;
  if (status >= 500) return `${status}: ${body.slice(0, 300)}`;
  const isApi = request.target.startsWith('/api/') && request.method !== 'HEAD';
  const isJson = headers.get('content-type')?.startsWith('application/json') === true;
  if (status >= 400 && isApi && isJson && !isApiError(body))
    return `${status} without an error body: ${body.slice(0, 300)}`;
  return undefined;
}

/** What is wrong with what a socket's server said; undefined: nothing. */
export function judgeTalk({ messages, closeCode, end }: SocketTalk): string | undefined {
  if (end === 'unanswered') return 'the socket hangs';
  if (closeCode === INTERNAL_ERROR) return 'the socket was closed with 1011';
  return messages.find((message) => SERVER_FAULTS.test(message) || /^HTTP\/1\.1 5/.test(message));
}
