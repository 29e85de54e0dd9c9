import { APICallError } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { causesOf, ProviderError, toJobError } from '../provider-error.ts';
import { toStorageError } from '../storage-error.ts';
import { AiCall } from './ai/ai-call.ts';
import { toAiError } from './ai/ai-errors.ts';
import {
  classifyComfyuiAnswer,
  classifySubmission,
  executionFailed,
  invalidWorkflow,
} from './comfyui/comfyui-errors.ts';
import { NodeErrors } from './comfyui/comfyui-wire.ts';
import { classifyFalRefusal, classifyFalResultRefusal, classifyFalStatusRefusal } from './fal/fal-errors.ts';
import { classifyForgeRefusal } from './forge/forge-errors.ts';
import { toOpenaiError } from './openai/openai-errors.ts';
import { classifyPredictionRefusal, classifyReplicateRefusal, failedPrediction } from './replicate/replicate-errors.ts';
import { classifySdcppRefusal, endedBadlyError } from './sdcpp/sdcpp-errors.ts';
import { classifyRefusal } from './service-refusal.ts';
import { classifyStatus, type RefusedAnswer } from './upstream-http.ts';

/** What the inside of a network looks like in the words of its programs. */
const INTERNALS = [
  'connect ECONNREFUSED 10.1.2.3:5432',
  'http://gpu-7.internal:8188/prompt?token=sk-secret',
  'getaddrinfo ENOTFOUND gpu-7.internal:8188',
  'fe80::1ff:fe23:4567:890a is unreachable',
  '/srv/comfy/models/private.safetensors is missing',
  'C:\\comfy\\models\\private.safetensors is missing',
  'Traceback (most recent call last):\n  File "/srv/comfy/execution.py", line 1, in run',
  'insert into "users" values ($1) at localhost',
];
const FORBIDDEN = /10\.1\.2\.3|gpu-7|:\/\/|fe80|srv|comfy\\|private|Traceback|insert into|localhost|5432|8188|secret/;

const STATUSES = [301, 400, 401, 402, 403, 404, 408, 409, 410, 413, 422, 429, 500, 502, 503, 504, 524];
/** Shapes of bodies in which backends say what is wrong, with the text in every place of them. */
const bodiesOf = (text: string): string[] => [
  text,
  ...[
    { error: text },
    { error: text, errors: text, message: text, detail: text },
    { detail: [{ loc: ['body', text], msg: text, type: text }], error_type: text },
    { title: text, detail: text, invalid_fields: [{ field: text, description: text }] },
    { error: { message: text, code: text, type: text, param: text, moderation_details: { categories: [text] } } },
    {
      error: { type: text, message: text, details: text },
      node_errors: { 1: { errors: [{ type: text, extra_info: { input_name: text, received_value: text } }] } },
    },
    {
      error: { type: 'prompt_outputs_failed_validation' },
      node_errors: {
        1: { errors: [{ type: 'value_not_in_list', extra_info: { input_name: text, received_value: text } }] },
      },
    },
  ].map((body) => JSON.stringify(body)),
];

const refusalOf = ({ status, text }: RefusedAnswer): ProviderError =>
  classifyRefusal({ status, headers: new Headers(), error: parse(text), text, key: undefined });

function parse(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'error' in body ? body.error : body;
  } catch {
    return text;
  }
}

const CLASSIFIERS: Readonly<Record<string, (answer: RefusedAnswer) => ProviderError | undefined>> = {
  classifyStatus,
  classifyForgeRefusal,
  classifySdcppRefusal,
  classifyComfyuiAnswer,
  classifySubmission,
  classifyFalRefusal,
  classifyFalStatusRefusal,
  classifyFalResultRefusal,
  classifyReplicateRefusal,
  classifyPredictionRefusal,
  refusalOf,
};

const nodeErrors = (text: string) =>
  NodeErrors.parse({
    1: { errors: [{ type: 'value_not_in_list', extra_info: { input_name: 'ckpt_name', received_value: text } }] },
  });

/** Errors of work that failed, of connections, and of what is thrown by client packages. */
const errorsOf = (text: string): ProviderError[] => {
  const call = new AiCall(fetch, 0);
  const apiCall = new APICallError({
    message: text,
    url: text,
    requestBodyValues: {},
    statusCode: 500,
    responseBody: text,
  });
  return [
    failedPrediction({ status: 'failed', error: text }),
    failedPrediction({ status: 'canceled', error: { detail: text } }),
    endedBadlyError({ status: 'failed', queue_position: 0, error: { code: text, message: text } }),
    executionFailed({ node_type: text, exception_type: text, exception_message: text }),
    executionFailed({ node_type: text, exception_type: `aiohttp.${text}`, exception_message: text }),
    invalidWorkflow(text, nodeErrors(text)),
    ...[
      new Error(text),
      new TypeError(text),
      new SyntaxError(text),
      new OpenAI.APIConnectionError({ message: text }),
    ].flatMap((thrown) => [toOpenaiError(thrown, 'request', undefined), toAiError(thrown, call, undefined)]),
    toAiError(apiCall, call, undefined),
  ];
};

function expectPublic(error: ProviderError): void {
  const { message } = toJobError(error);
  expect(message).not.toMatch(FORBIDDEN);
  expect(message.length).toBeGreaterThan(10);
}

describe('messages of job errors', () => {
  it.each(Object.entries(CLASSIFIERS))('%s quotes no internals, whatever a backend refuses with', (_name, classify) => {
    for (const text of INTERNALS.flatMap(bodiesOf))
      for (const status of STATUSES) {
        const error = classify({ status, headers: { 'x-fal-error-type': text }, text });
        if (error !== undefined) expectPublic(error);
      }
  });

  it.each(INTERNALS)('quote no internals of failed work and lost connections: %s', (text) => {
    for (const error of errorsOf(text)) expectPublic(error);
  });

  it.each(INTERNALS)('quote no words of a storage’s driver: %s', (text) => {
    const thrown = Object.assign(new Error(text), { code: '42P01' });
    const { message, detail } = toStorageError('cannot write to the database', thrown);
    expect(message).toBe('cannot write to the database: an unexpected error');
    expect(detail).toBe(text);
  });

  it.each(INTERNALS)('are the code’s own where an adapter quotes internals all the same: %s', (text) => {
    const cause = new Error('why');
    const error = new ProviderError('PROVIDER_TIMEOUT', `No answer: ${text}`, { cause });
    expect(error.message).toBe(new ProviderError('PROVIDER_TIMEOUT').message);
    expect(causesOf(error)).toContain(`No answer: ${text} ← why`);
  });

  it.each([
    'ComfyUI does not have the model “sdxl_base_1.0.safetensors”.',
    'Forge does not offer its API. Start it with --api.',
    'The model does not accept this input: width, height.',
    'ComfyUI, or a proxy before it, refused access (HTTP 403).',
    'The backend’s safety system refused this (self-harm/intent). Please change the prompt.',
    'forge-2 took longer than 180 s.',
  ])('are the adapter’s where they quote none: %s', (text) => {
    expect(new ProviderError('SERVER_ERROR', text).message).toBe(text);
  });
});
