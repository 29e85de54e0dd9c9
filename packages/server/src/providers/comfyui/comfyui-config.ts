import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type CommonConfig, parseHttpAddress, parseUrlOptions } from '../provider-url.ts';
import { type ComfyuiWorkflow, IMAGE_TO_IMAGE, parseWorkflow, TEXT_TO_IMAGE } from './comfyui-workflow.ts';

/** How often, and how long. Milliseconds; what is missing is `COMFYUI_PACE`. */
export interface ComfyuiPace {
  /** Between two questions while there is no WebSocket, or it says nothing. */
  readonly pollMs: number;
  /** Between two questions while the work waits at the backend. */
  readonly waitingPollMs: number;
  /** Between two questions beside a healthy WebSocket. */
  readonly safetyPollMs: number;
  /** A WebSocket that was opened again and says nothing for so long about running work is opened once more. */
  readonly silentMs: number;
  /** Between two pings; the connection is dead when two stay unanswered. */
  readonly pingMs: number;
  /** An outage of the network is ridden out for so long. */
  readonly outageMs: number;
  /** Work whose submission got no answer is looked for so long. */
  readonly reconcileMs: number;
}

/** The advice of the protocol reference. */
export const COMFYUI_PACE: ComfyuiPace = {
  pollMs: 1_000,
  waitingPollMs: 3_000,
  safetyPollMs: 15_000,
  silentMs: 5_000,
  pingMs: 20_000,
  outageMs: 30_000,
  reconcileMs: 5_000,
};

/** Settings of one ComfyUI server. */
export interface ComfyuiConfig extends CommonConfig {
  readonly base: URL;
  /** `Authorization` for a proxy in front, from the user and password in the URL. */
  readonly authorization: string | undefined;
  readonly textToImage: ComfyuiWorkflow;
  /** Undefined: it cannot begin with a picture. */
  readonly imageToImage: ComfyuiWorkflow | undefined;
  /** The model of jobs that name none; undefined: the workflow's, else the first that is installed. */
  readonly checkpoint: string | undefined;
  /** `{{scheduler}}`; undefined: the workflow's, else `normal`. */
  readonly scheduler: string | undefined;
  readonly pace?: Partial<ComfyuiPace>;
}

/** A workflow of the user's own. Throws an `Error` of one line that names the option, the file and what is wrong. */
function readWorkflow(option: string, path: string, kind: 'text' | 'image'): ComfyuiWorkflow {
  const wrong = (what: string) => new Error(`comfyui: ${option} "${path}" ${what}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    throw wrong(`cannot be read (${thrown instanceof Error && 'code' in thrown ? thrown.code : 'unknown reason'})`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrong('is not JSON');
  }
  try {
    return parseWorkflow(json, kind);
  } catch (thrown) {
    throw wrong(thrown instanceof Error ? thrown.message : 'cannot be used');
  }
}

/**
 * Reads `comfyui+http://host:8188?workflow=/path/workflow-api.json`, and the files it names. Throws an `Error` of one
 * line that names the bad part.
 */
export function parseComfyuiConfig(url: URL): ComfyuiConfig {
  const text = z.string().min(1).max(500).optional();
  const { workflow, img2imgWorkflow, checkpoint, scheduler, ...common } = parseUrlOptions(url, {
    kind: 'comfyui',
    defaults: { concurrency: 1, timeoutMs: 600_000 },
    shape: { workflow: text, img2imgWorkflow: text, checkpoint: text, scheduler: text },
    expected: {
      workflow: 'must be the path of a workflow in API format',
      img2imgWorkflow: 'must be the path of a workflow in API format',
      checkpoint: 'must be the name of a checkpoint file',
      scheduler: 'must be the name of a scheduler',
    },
  });
  const ownText = workflow === undefined ? undefined : readWorkflow('workflow', workflow, 'text');
  const ownImage =
    img2imgWorkflow === undefined ? undefined : readWorkflow('img2imgWorkflow', img2imgWorkflow, 'image');
  return Object.freeze({
    ...common,
    ...parseHttpAddress(url, 'comfyui'),
    textToImage: ownText ?? TEXT_TO_IMAGE,
    // The built-in one would work with another model than the user's.
    imageToImage: ownImage ?? (ownText === undefined ? IMAGE_TO_IMAGE : undefined),
    checkpoint,
    scheduler,
  });
}
