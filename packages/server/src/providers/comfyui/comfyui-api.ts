import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { RESULT_BOUNDS } from '../../image-files/image-bounds.ts';
import type { EncodedImage } from '../../provider.ts';
import type { UpstreamHttp } from '../upstream-http.ts';
import { classifySubmission } from './comfyui-errors.ts';
import {
  HistoryAnswer,
  type HistoryEntry,
  type NodeErrors,
  ObjectInfo,
  optionsOf,
  PromptAnswer,
  placeIn,
  QueueAnswer,
  type QueuePlace,
  type SavedImage,
  SystemStats,
  UploadAnswer,
} from './comfyui-wire.ts';
import type { ComfyuiGraph, ListedInput } from './comfyui-workflow.ts';

const ASK_MS = 10_000;
const SUBMIT_MS = 60_000;
const TRANSFER_MS = 60_000;
const CANCEL_MS = 3_000;
const CANCEL_CHECK_MS = 150;

/** Work to be submitted. */
export interface ComfyuiOrder {
  /** Chosen by us, so that events and a lost answer can be told to be its. */
  readonly promptId: string;
  readonly clientId: string;
  readonly graph: ComfyuiGraph;
}

/** ComfyUI's HTTP interface, as far as it is used. Each call is one request that is not repeated, but for `cancel`. */
export class ComfyuiApi {
  readonly #http: UpstreamHttp;
  /** Whether the server has `/api/jobs`; undefined: not known yet. */
  #hasJobs: boolean | undefined;

  constructor(http: UpstreamHttp) {
    this.#http = http;
  }

  /** Queues work. The id it got, and what is wrong with parts of the graph that are skipped. */
  async submit({ promptId, clientId, graph }: ComfyuiOrder, signal: AbortSignal): Promise<SubmittedPrompt> {
    const answer = await this.#http.json('prompt', PromptAnswer, {
      method: 'POST',
      body: {
        prompt: graph,
        prompt_id: promptId,
        client_id: clientId,
        // Without it there are no previews, unless the server was started with `--preview-method auto`.
        extra_data: { preview_method: 'auto' },
      },
      signal,
      timeoutMs: SUBMIT_MS,
      submits: true,
      classify: classifySubmission,
    });
    return { promptId: answer.prompt_id, nodeErrors: answer.node_errors };
  }

  /** How it ended; undefined: it has not, or is not known. */
  async ended(promptId: string, signal: AbortSignal): Promise<HistoryEntry | undefined> {
    const path = `history/${encodeURIComponent(promptId)}`;
    const answer = await this.#http.json(path, HistoryAnswer, { signal, timeoutMs: ASK_MS });
    return answer[promptId];
  }

  /** Where it is in the queue; undefined: nowhere. */
  async place(promptId: string, signal: AbortSignal): Promise<QueuePlace | undefined> {
    return placeIn(await this.#http.json('queue', QueueAnswer, { signal, timeoutMs: ASK_MS }), promptId);
  }

  /** The bytes of a saved picture. */
  view({ filename, subfolder, type }: SavedImage, signal: AbortSignal): Promise<Uint8Array> {
    const query = new URLSearchParams({ filename, subfolder, type });
    return this.#http.bytes(`view?${query}`, { signal, timeoutMs: TRANSFER_MS, maxBytes: RESULT_BOUNDS.bytes });
  }

  /** Uploads a picture to begin with; its name for `LoadImage`. The same picture is kept once. */
  async upload({ bytes, type }: EncodedImage, signal: AbortSignal): Promise<string> {
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
    const form = new FormData();
    // Plain ASCII: other names are kept percent-encoded.
    form.set('image', new Blob([new Uint8Array(bytes)], { type }), `darkroom-${digest}.${type.replace('image/', '')}`);
    const options = { method: 'POST', body: form, signal, timeoutMs: TRANSFER_MS } as const;
    const { name, subfolder } = await this.#http.json('upload/image', UploadAnswer, options);
    return subfolder === '' ? name : `${subfolder}/${name}`;
  }

  /** What can be chosen at an input of a class of nodes; undefined: the class or the list is not known there. */
  async options({ classType, input }: ListedInput, signal: AbortSignal): Promise<string[] | undefined> {
    const path = `object_info/${encodeURIComponent(classType)}`;
    return optionsOf(await this.#http.json(path, ObjectInfo, { signal }), classType, input);
  }

  /** Its version. */
  async version(signal: AbortSignal): Promise<string | undefined> {
    const { system } = await this.#http.json('system_stats', SystemStats, { signal });
    return system.comfyui_version ?? undefined;
  }

  /**
   * Takes work out of the queue, or stops it, and makes sure that it is gone: an interrupt that comes just before the
   * first node is forgotten. At most 3 s; never throws. `isTaken` false: its submission may still be on its way.
   */
  async cancel(promptId: string, { isTaken }: { isTaken: boolean }): Promise<void> {
    const signal = AbortSignal.timeout(CANCEL_MS);
    let looks = isTaken ? 1 : 3;
    try {
      for (;;) {
        await this.#stop(promptId, signal);
        if ((await this.place(promptId, signal)) === undefined && --looks === 0) return;
        await wait(CANCEL_CHECK_MS, undefined, { signal });
      }
    } catch {
      // It could not be reached, or a node takes its time to notice: it has been asked.
    }
  }

  async #stop(promptId: string, signal: AbortSignal): Promise<void> {
    if (this.#hasJobs !== false && (await this.#cancelJob(promptId, signal))) return;
    await this.#http.bytes('queue', { method: 'POST', body: { delete: [promptId] }, signal });
    const place = await this.place(promptId, signal);
    // Older servers do not read the id and stop whatever runs, so it has to be ours.
    if (place === undefined || place.position !== undefined) return;
    await this.#http.bytes('interrupt', { method: 'POST', body: { prompt_id: promptId }, signal });
  }

  /** By the route of 2026, for waiting and running work alike. False: the server has no such route. */
  async #cancelJob(promptId: string, signal: AbortSignal): Promise<boolean> {
    let isRefused = false;
    try {
      await this.#http.bytes(`api/jobs/${encodeURIComponent(promptId)}/cancel`, {
        method: 'POST',
        signal,
        classify: () => {
          isRefused = true;
          return undefined;
        },
      });
      this.#hasJobs = true;
    } catch (thrown) {
      if (!isRefused) throw thrown;
      this.#hasJobs ??= false;
    }
    return this.#hasJobs;
  }
}

/** What POST `/prompt` has answered. */
export interface SubmittedPrompt {
  readonly promptId: string;
  readonly nodeErrors: NodeErrors;
}
