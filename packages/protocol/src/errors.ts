import * as z from 'zod/mini';

/** Why a job failed. The closed list of the job API. */
export const ErrorCode = z.enum([
  'NETWORK_DISCONNECTED',
  'STREAM_UNAVAILABLE',
  'PROVIDER_RATE_LIMIT',
  'PROVIDER_TIMEOUT',
  'PROVIDER_REJECTED',
  'INVALID_PROMPT',
  'SERVER_ERROR',
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** Why a request was refused: a job's reasons, and those that only a request can have. */
export const ApiErrorCode = z.enum([
  ...ErrorCode.options,
  'INVALID_REQUEST',
  'NOT_FOUND',
  'WRONG_STATE',
  'IDEMPOTENCY_CONFLICT',
  'TOO_LARGE',
  'REQUEST_TIMEOUT',
  'RATE_LIMITED',
  'FORBIDDEN',
  'HOST_NOT_ALLOWED',
  'UPGRADE_REQUIRED',
  'TOO_MANY_SUBSCRIPTIONS',
  'QUEUE_FULL',
  'SHUTTING_DOWN',
  'STORAGE_UNAVAILABLE',
  'UNSUPPORTED_OPTION',
  'UNSUPPORTED_IMAGE',
  'LINK_INVALID',
  'LINK_EXPIRED',
  'LINK_USED',
  'LINK_NEEDLESS',
  'TOO_MANY_JOBS',
  'TOO_MANY_UPLOADS',
  'TOO_MANY_CONVERSATIONS',
  'CONVERSATION_FULL',
  'TOO_MANY_CONNECTIONS',
]);
export type ApiErrorCode = z.infer<typeof ApiErrorCode>;

/** What a failed job carries. `message` is for people; `retryable` says whether the same job may succeed later. */
export const JobError = z.object({
  code: ErrorCode,
  message: z.string(),
  retryable: z.boolean(),
});
export type JobError = z.infer<typeof JobError>;

/** The error of every 4xx and 5xx answer and of a socket's `error` message. `field` names the bad input. */
export const ApiError = z.object({
  code: ApiErrorCode,
  message: z.string(),
  retryable: z.boolean(),
  field: z.optional(z.string()),
});
export type ApiError = z.infer<typeof ApiError>;

/** Body of every 4xx and 5xx answer. */
export const ApiErrorBody = z.object({ error: ApiError });
export type ApiErrorBody = z.infer<typeof ApiErrorBody>;

/** A code's standing: the HTTP status it answers with, whether trying again can help, and its English copy. */
export interface ErrorInfo {
  /** HTTP status of the answer (for a job's failure: what a blocking call would answer). */
  readonly status: number;
  /** Whether the same request or job may succeed later without being changed. */
  readonly retryable: boolean;
  /** What happened, in one sentence. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly advice: string;
}

/** Every code's status, retryability, English message and advice: the one table of them. */
export const ERROR_INFO: Readonly<Record<ApiErrorCode, ErrorInfo>> = {
  NETWORK_DISCONNECTED: {
    status: 503,
    retryable: true,
    message: 'Connection lost. Switching to polling.',
    advice: 'Nothing is lost: the job goes on, and the page catches up when the connection is back.',
  },
  STREAM_UNAVAILABLE: {
    status: 503,
    retryable: true,
    message: 'Real-time stream unavailable in this network.',
    advice: 'Switch to polling, or try SSE/WS again.',
  },
  PROVIDER_RATE_LIMIT: {
    status: 429,
    retryable: true,
    message: 'Generation is throttled or timed out. You can retry.',
    advice: 'Wait a minute, then retry: the backend is serving others.',
  },
  PROVIDER_TIMEOUT: {
    status: 504,
    retryable: true,
    message: 'Generation is throttled or timed out. You can retry.',
    advice: 'Retry now, or with fewer steps or a smaller size.',
  },
  PROVIDER_REJECTED: {
    status: 422,
    retryable: false,
    message: 'Your prompt was rejected. Please edit and retry.',
    advice: 'Change the prompt or the settings, then start again.',
  },
  INVALID_PROMPT: {
    status: 400,
    retryable: false,
    message: 'Your prompt was rejected. Please edit and retry.',
    advice: 'Write what you want to see, in words.',
  },
  SERVER_ERROR: {
    status: 500,
    retryable: true,
    message: 'Something went wrong on the server.',
    advice: 'Retry. If it happens again, copy the debug info and tell whoever runs this server.',
  },
  INVALID_REQUEST: {
    status: 400,
    retryable: false,
    message: 'The request is not valid.',
    advice: 'Correct the named field and send it again.',
  },
  NOT_FOUND: {
    status: 404,
    retryable: false,
    message: 'There is nothing at this address.',
    advice: 'Check the link. The job may have expired.',
  },
  WRONG_STATE: {
    status: 409,
    retryable: false,
    message: 'The job is not in a state that allows this.',
    advice: 'Look at the job as it is now.',
  },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    retryable: false,
    message: 'This Idempotency-Key was used for a different request.',
    advice: 'Use a new key for a new request.',
  },
  TOO_LARGE: {
    status: 413,
    retryable: false,
    message: 'The request is too large.',
    advice: 'Send less.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    retryable: true,
    message: 'The request arrived too slowly.',
    advice: 'Try again on a better connection.',
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    message: 'Too many requests.',
    advice: 'Wait a moment, then try again.',
  },
  FORBIDDEN: {
    status: 403,
    retryable: false,
    message: 'This origin may not connect here.',
    advice: 'Open Darkroom at its own address, or add the origin to CORS_ORIGINS.',
  },
  HOST_NOT_ALLOWED: {
    status: 421,
    retryable: false,
    message: 'The server does not answer under this host name.',
    advice: 'Use another address of the server, or add the name to ALLOWED_HOSTS.',
  },
  UPGRADE_REQUIRED: {
    status: 426,
    retryable: false,
    message: 'This address speaks WebSocket only.',
    advice: 'Connect with a WebSocket, or read /api/jobs/:id/events (SSE) or /api/jobs/:id (polling).',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    status: 429,
    retryable: false,
    message: 'This socket holds as many subscriptions as it may.',
    advice: 'Unsubscribe from a finished job first.',
  },
  QUEUE_FULL: {
    status: 503,
    retryable: true,
    message: 'The queue is full.',
    advice: 'Try again when some of the waiting jobs are done.',
  },
  SHUTTING_DOWN: {
    status: 503,
    retryable: true,
    message: 'The server is restarting.',
    advice: 'Try again in a few seconds.',
  },
  STORAGE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    message: 'The server cannot write to its storage.',
    advice: 'Its disk may be full or read-only. Try again once that is mended.',
  },
  UNSUPPORTED_OPTION: {
    status: 422,
    retryable: false,
    message: 'No backend here can do this.',
    advice: 'Choose another value, or another backend.',
  },
  UNSUPPORTED_IMAGE: {
    status: 415,
    retryable: false,
    message: 'This file is not a picture that can be read.',
    advice: 'Choose a PNG, JPEG or WebP picture of at most 50 megapixels.',
  },
  LINK_INVALID: {
    status: 400,
    retryable: false,
    message: 'This link is not one of this server, or a part of it is missing.',
    advice: 'Open the whole link, or make a new one on the other device.',
  },
  LINK_EXPIRED: {
    status: 410,
    retryable: false,
    message: 'This link has expired.',
    advice: 'Make a new one on the other device: it works for ten minutes.',
  },
  LINK_USED: {
    status: 410,
    retryable: false,
    message: 'This link has been used already.',
    advice: 'Each link works once. Make a new one on the other device.',
  },
  LINK_NEEDLESS: {
    status: 409,
    retryable: false,
    message: 'Whoever is signed in here needs no link.',
    advice: 'Sign in on the other device: your conversations and jobs are there, too.',
  },
  TOO_MANY_JOBS: {
    status: 429,
    retryable: true,
    message: 'You have as many unfinished jobs as this server allows.',
    advice: 'Wait until some of them are done, or cancel some.',
  },
  TOO_MANY_UPLOADS: {
    status: 429,
    retryable: true,
    message: 'You have sent as many images as this server keeps for you.',
    advice: 'Try again when the oldest of them has expired. Each is kept for a day.',
  },
  TOO_MANY_CONVERSATIONS: {
    status: 429,
    retryable: false,
    message: 'You have as many conversations as this server allows.',
    advice: 'Delete one that you no longer need.',
  },
  CONVERSATION_FULL: {
    status: 429,
    retryable: false,
    message: 'This conversation is full.',
    advice: 'Start a new one.',
  },
  TOO_MANY_CONNECTIONS: {
    status: 429,
    retryable: true,
    message: 'You have as many open connections as this server allows.',
    advice: 'Close some tabs or programs, then try again.',
  },
};

/** An error of `code` with its standard copy, or a more precise `message`, and the `field` it is about. */
export function apiError(code: ApiErrorCode, message?: string, field?: string): ApiError {
  const info = ERROR_INFO[code];
  const error = { code, message: message ?? info.message, retryable: info.retryable };
  return field === undefined ? error : { ...error, field };
}

/** A job's failure with its standard copy and retryability, or a more precise `message` and `retryable`. */
export function jobError(code: ErrorCode, message?: string, retryable?: boolean): JobError {
  const info = ERROR_INFO[code];
  return { code, message: message ?? info.message, retryable: retryable ?? info.retryable };
}
