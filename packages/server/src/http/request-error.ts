import { type ApiError, type ApiErrorCode, apiError, ERROR_INFO, LIMITS } from '@darkroom/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod/mini';
import { isIdentityError } from '../identity-error.ts';
import type { IncidentLog, RefusedRequest } from '../incident-log.ts';
import type { Refusal } from '../jobs/job-service.ts';
import { isStorageError, operatorMessage } from '../storage-error.ts';

/** A request that is refused, thrown by routes and answered by the error handler. */
export class RequestError extends Error {
  readonly isRequestError = true;
  override readonly name = 'RequestError';
  readonly error: ApiError;
  /** When the client may try again, in milliseconds; undefined: the usual time. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ApiErrorCode, message?: string, field?: string, retryAfterMs?: number) {
    super(message ?? ERROR_INFO[code].message);
    this.error = apiError(code, message, field);
    this.retryAfterMs = retryAfterMs;
  }
}

const isRequestError = (thrown: unknown): thrown is RequestError =>
  thrown instanceof Error && 'isRequestError' in thrown && thrown.isRequestError === true;

/** What a path's parameter names, by the parameter. */
const NAMED: ReadonlyMap<string, readonly [message?: string, field?: string]> = new Map([
  ['jobId', ['There is no such job. It may have expired.', 'jobId']],
  ['job_id', ['There is no such job. It may have expired.', 'job_id']],
  ['id', ['There is no such conversation. It may have been deleted.', 'id']],
  ['uploadId', ['There is no such upload. It may have expired.']],
  ['name', []],
]);

/** The error where there is nothing of what a path's parameter names. */
export const missingError = (parameter: string) => new RequestError('NOT_FOUND', ...(NAMED.get(parameter) ?? []));

/** A service's refusal as an error. `fieldOf` names an option as the request does. */
export function refusalError(refusal: Refusal, fieldOf = (option: string) => `options.${option}`): RequestError {
  switch (refusal.reason) {
    case 'not-found':
      return missingError('jobId');
    case 'wrong-state':
      return new RequestError('WRONG_STATE', refusal.message);
    case 'queue-full':
      return new RequestError('QUEUE_FULL');
    case 'too-many-jobs':
      return new RequestError(
        'TOO_MANY_JOBS',
        `At most ${refusal.max} of your jobs may wait or run at the same time: wait until some are done, or cancel some.`,
      );
    case 'too-many-uploads':
      return new RequestError('TOO_MANY_UPLOADS', refusal.message, fieldOf('image'), refusal.retryAfterMs);
    case 'conversation-full':
      return new RequestError(
        'CONVERSATION_FULL',
        `A conversation may have at most ${LIMITS.messagesPerConversation} messages: start a new one.`,
      );
    case 'idempotency-conflict':
      return new RequestError('IDEMPOTENCY_CONFLICT', undefined, 'Idempotency-Key');
    case 'unsupported-option':
      return new RequestError('UNSUPPORTED_OPTION', refusal.message, fieldOf(refusal.option));
    case 'image-missing':
      return new RequestError('NOT_FOUND', 'This picture is not here any more. Upload it again.', fieldOf('image'));
    case 'image-unreadable':
      return new RequestError('UNSUPPORTED_IMAGE', undefined, fieldOf('image'));
    case 'no-conversation':
      return missingError('id');
    case 'no-message':
      return new RequestError('NOT_FOUND', 'There is no such picture in this conversation.', 'messageId');
  }
}

/** A list that was asked to go on at a cursor nobody gave out. */
export function cursorError(thrown: unknown): never {
  if (thrown instanceof RangeError) throw new RequestError('INVALID_REQUEST', `${thrown.message}.`, 'cursor');
  throw thrown;
}

type Issue = Pick<z.core.$ZodIssue, 'code' | 'message' | 'path'> & Record<string, unknown>;

/** What an issue says, in words that name the bound. */
function describeIssue(issue: Issue): string {
  const chars = issue['origin'] === 'string' ? ' characters' : '';
  switch (issue.code) {
    case 'too_small':
      return issue['minimum'] === 1 && chars !== ''
        ? 'must not be empty'
        : `must be at least ${issue['minimum']}${chars}`;
    case 'too_big':
      return `must be at most ${issue['maximum']}${chars}`;
    case 'invalid_type':
      return issue['expected'] === 'int' ? 'must be a whole number' : `is missing or not of type ${issue['expected']}`;
    case 'invalid_value':
      return `must be one of ${(Array.isArray(issue['values']) ? issue['values'] : []).join(', ')}`;
    case 'not_multiple_of':
      return 'must be a whole number';
    case 'unrecognized_keys':
      return 'is not a known field';
    case 'invalid_format':
      return issue.message.startsWith('Invalid') ? 'has the wrong form' : issue.message;
    default:
      return issue.message;
  }
}

/** The first issue as a sentence and the field it is about. */
export function fieldErrorOf(issues: readonly z.core.$ZodIssue[]): { message: string; field?: string } {
  const [issue] = issues;
  if (issue === undefined) return { message: ERROR_INFO.INVALID_REQUEST.message };
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0]?.slice(0, 64) : undefined;
  const field = [...issue.path, ...(unknownKey === undefined ? [] : [unknownKey])].map(String).join('.');
  const words = describeIssue({ ...issue });
  return field === '' ? { message: `The body ${words}.`, field: 'body' } : { message: `${field} ${words}.`, field };
}

/** The error for input that a schema refused. A bad prompt has a code of its own. */
export function validationError(issues: readonly z.core.$ZodIssue[]): RequestError {
  const { message, field } = fieldErrorOf(issues);
  return new RequestError(field === 'prompt' ? 'INVALID_PROMPT' : 'INVALID_REQUEST', message, field);
}

/** The error for a path that a schema refused: what has the wrong form for an id names nothing. */
export function pathError(issues: readonly z.core.$ZodIssue[]): RequestError {
  const { field = '' } = fieldErrorOf(issues);
  return NAMED.has(field) ? missingError(field) : validationError(issues);
}

/** Fastify's own codes for requests it could not take. */
const FASTIFY_ERRORS: Readonly<Record<string, () => ApiError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    apiError('INVALID_REQUEST', 'The body must be JSON: Content-Type application/json.', 'Content-Type'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => apiError('INVALID_REQUEST', 'The body is empty; it must be JSON.', 'body'),
  FST_ERR_CTP_INVALID_JSON_BODY: () => apiError('INVALID_REQUEST', 'The body is not valid JSON.', 'body'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    apiError('INVALID_REQUEST', 'The body is not as long as Content-Length says.', 'Content-Length'),
  FST_ERR_RATE_LIMIT: () => apiError('RATE_LIMITED'),
};

/** Whatever was thrown, as the error that a client gets. Nothing of our inside is told. */
export function toApiError(thrown: unknown): ApiError {
  if (isRequestError(thrown)) return thrown.error;
  if (isStorageError(thrown)) return apiError('STORAGE_UNAVAILABLE');
  if (isIdentityError(thrown)) return apiError('INVALID_REQUEST', thrown.message, thrown.header);
  if (thrown instanceof Error && 'code' in thrown) {
    const known = FASTIFY_ERRORS[String(thrown.code)];
    if (known !== undefined) return known();
    if (thrown.name === 'SyntaxError') return apiError('INVALID_REQUEST', 'The body is not valid JSON.', 'body');
  }
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
  return status >= 400 && status < 500 ? apiError('INVALID_REQUEST') : apiError('SERVER_ERROR');
}

const RETRY_AFTER_SECONDS = 5;

/** When the same request may succeed, in whole seconds. */
export function retryAfterSeconds(thrown: unknown): number {
  const ms = isRequestError(thrown) ? thrown.retryAfterMs : undefined;
  return ms === undefined ? RETRY_AFTER_SECONDS : Math.max(1, Math.ceil(ms / 1_000));
}

/** Logs the answer to something thrown: a fault of ours with its stack, everything else as an expected refusal. */
export function logRefusal(incidents: IncidentLog, thrown: unknown, error: ApiError, request: RefusedRequest): void {
  if (error.code === 'SERVER_ERROR') incidents.fail(thrown, 'request failed', { ...request });
  incidents.refuse(error, request, isStorageError(thrown) ? operatorMessage(thrown) : error.message);
}

/** The request without what is personal in it. */
export const toRefused = ({ method, routeOptions: { url = 'unknown' } }: FastifyRequest): RefusedRequest => ({
  method,
  route: url,
});

/** What a response's stream fails with because its connection is gone. */
const PREMATURE_CLOSE = 'ERR_STREAM_PREMATURE_CLOSE';

const hasLeft = (thrown: unknown, { raw }: FastifyRequest): boolean =>
  raw.socket.destroyed && thrown instanceof Error && 'code' in thrown && thrown.code === PREMATURE_CLOSE;

/** Fastify's error handler: rule R6. */
export function createErrorHandler(incidents: IncidentLog) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = hasLeft(thrown, request)
      ? apiError('INVALID_REQUEST', 'The client left before it was answered.')
      : toApiError(thrown);
    const { status } = ERROR_INFO[error.code];
    logRefusal(incidents, thrown, error, toRefused(request));
    if ((status === 429 || status === 503) && !reply.hasHeader('retry-after'))
      reply.header('retry-after', retryAfterSeconds(thrown));
    return reply.code(status).send({ error });
  };
}
