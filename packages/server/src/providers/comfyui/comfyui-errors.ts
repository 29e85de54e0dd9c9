import { ProviderError } from '../../provider-error.ts';
import { classifyStatus, type RefusedAnswer } from '../upstream-http.ts';
import { type ExecutionFailure, type NodeErrors, PromptRefusal } from './comfyui-wire.ts';

/** Names that may be shown: short, and nothing but a name. */
const safeName = (name: unknown): string | undefined =>
  typeof name === 'string' && /^[\w][\w .()+-]{0,79}$/.test(name) ? name : undefined;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What an input is called by people, by its name in a node. */
const INPUTS: Readonly<Record<string, string>> = {
  ckpt_name: 'model',
  unet_name: 'model',
  sampler_name: 'sampler',
  scheduler: 'scheduler',
};

/** The first thing that is wrong, for people. Details and tracebacks stay in the cause. */
function sayWrong(type: string, errors: NodeErrors): string {
  const [first] = Object.values(errors).flatMap((node) => node.errors);
  const input = safeName(first?.extra_info.input_name);
  const value = safeName(first?.extra_info.received_value);
  const kind = INPUTS[input ?? ''];
  // Values of other inputs are the workflow's own.
  if (first?.type === 'value_not_in_list' && kind !== undefined && value !== undefined)
    return `ComfyUI does not have the ${kind} “${value}”.`;
  if (first?.type.startsWith('value_') && input !== undefined) return `ComfyUI does not take this value of ${input}.`;
  if (first?.type === 'required_input_missing' && input !== undefined)
    return `The workflow gives ComfyUI no value for ${input}.`;
  if (type === 'missing_node_type' || type === 'invalid_prompt')
    return 'The workflow has a node that is not installed in ComfyUI.';
  return `ComfyUI refused the workflow (${safeName(first?.type) ?? safeName(type) ?? 'invalid'}).`;
}

/** The error of a graph that ComfyUI cannot run as far as its picture. */
export const invalidWorkflow = (type: string, errors: NodeErrors): ProviderError =>
  new ProviderError('INVALID_PROMPT', sayWrong(type, errors), {
    cause: new Error(`${type}: ${JSON.stringify(errors).slice(0, 2_000)}`),
  });

/** Answers of a proxy that does not know what ComfyUI did with the request. */
const FATE_UNKNOWN = new Set([502, 504, 520, 521, 522, 523, 524, 525, 526, 527, 528, 529]);

/** What a refusal by ComfyUI, or by a proxy in front of it, means. Undefined: what its status means everywhere. */
export function classifyComfyuiAnswer(answer: RefusedAnswer): ProviderError | undefined {
  const { status, text } = answer;
  const cause = new Error(`HTTP ${status}: ${text.slice(0, 500)}`);
  if (status === 401 || status === 403)
    return new ProviderError('PROVIDER_REJECTED', `ComfyUI, or a proxy before it, refused access (HTTP ${status}).`, {
      cause,
    });
  if (status === 413) return new ProviderError('INVALID_PROMPT', 'The picture is too large for ComfyUI.', { cause });
  if (status !== 400) return undefined;
  const refusal = PromptRefusal.safeParse(parsed(text)).data;
  if (refusal !== undefined) return invalidWorkflow(refusal.error.type, refusal.node_errors);
  return new ProviderError('INVALID_PROMPT', 'ComfyUI refused the request as invalid.', { cause });
}

/** The same for POST `/prompt`: behind a proxy's error the work may have been taken. */
export function classifySubmission(answer: RefusedAnswer): ProviderError | undefined {
  if (!FATE_UNKNOWN.has(answer.status)) return classifyComfyuiAnswer(answer);
  const { code, message, cause } = classifyStatus(answer);
  return new ProviderError(code, message, { cause, mayStillRun: true });
}

const OUT_OF_MEMORY = /out ?of ?memory/i;
/** Nodes that call a service on the internet. */
const CONNECTION = /connect|timeout|network|aiohttp|httpx|urllib|requests\.exceptions/i;

/** Whether an `execution_error` ends nothing: only a branch is blocked. */
export const isBlockedBranch = ({ exception_type }: ExecutionFailure): boolean => exception_type === 'ExecutionBlocked';

/** The error of a node that failed: the same graph fails again, but where a connection was the reason. */
export function executionFailed(failure: ExecutionFailure): ProviderError {
  const { exception_type, exception_message, node_type } = failure;
  const cause = new Error(`${node_type}: ${exception_type}: ${exception_message?.slice(0, 2_000)}`);
  if (OUT_OF_MEMORY.test(`${exception_type} ${exception_message}`)) {
    const message = 'ComfyUI ran out of graphics memory; a smaller picture may work.';
    return new ProviderError('SERVER_ERROR', message, { retryable: false, cause });
  }
  const where = safeName(node_type) === undefined ? 'A node' : `The node ${safeName(node_type)}`;
  if (CONNECTION.test(exception_type ?? '')) {
    const message = `${where} of the ComfyUI workflow lost its connection.`;
    return new ProviderError('SERVER_ERROR', message, { retries: 1, cause });
  }
  const exception = /(?:^|\.)([A-Za-z_]\w{0,59})$/.exec(exception_type ?? '')?.[1];
  const kind = exception === undefined ? '' : ` (${exception})`;
  return new ProviderError('SERVER_ERROR', `${where} of the ComfyUI workflow failed${kind}.`, {
    retryable: false,
    cause,
  });
}

/** Somebody stopped it at the backend, not we. */
export const stoppedByOperator = (): ProviderError =>
  new ProviderError('PROVIDER_REJECTED', 'The picture was stopped by hand in ComfyUI.');

/** It is in no queue and in no history: deleted by somebody, or ComfyUI was restarted. */
export const workIsLost = (): ProviderError =>
  new ProviderError(
    'SERVER_ERROR',
    'ComfyUI no longer knows this picture: it was restarted, or the work was removed.',
    {
      retryable: true,
    },
  );

/** It ended well, without a picture of the save node. */
export const noPicture = (): ProviderError =>
  new ProviderError('SERVER_ERROR', 'The ComfyUI workflow ended without saving a picture.', { retryable: false });

/** What it saved is no picture that we know. */
export const strangePicture = (): ProviderError =>
  new ProviderError('SERVER_ERROR', 'The ComfyUI workflow saved something that is not a PNG, JPEG or WebP picture.', {
    retryable: false,
  });

/** No answer for longer than an outage is ridden out. */
export const outOfReach = (cause: unknown): ProviderError =>
  new ProviderError('NETWORK_DISCONNECTED', 'The connection to ComfyUI was lost, and did not come back in time.', {
    mayStillRun: true,
    cause,
  });
