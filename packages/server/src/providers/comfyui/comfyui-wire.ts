import * as z from 'zod';
import type { EncodedImage } from '../../provider.ts';
import { recognizeImage } from '../image-bytes.ts';
import { ComfyuiGraph } from './comfyui-workflow.ts';

/** A file that a node has saved. */
const SavedImage = z.looseObject({
  filename: z.string(),
  subfolder: z.string().default(''),
  type: z.string().default('output'),
});
export type SavedImage = z.infer<typeof SavedImage>;

/** What a node has put out; nodes of other kinds put out anything. */
const NodeOutput = z.looseObject({ images: z.array(SavedImage).catch([]).default([]) });

const NodeProgress = z.looseObject({
  value: z.number().default(0),
  max: z.number().default(1),
  state: z.string().default('running'),
});
export type NodeProgress = z.infer<typeof NodeProgress>;

const prompt_id = z.string();
/** Older servers leave it out of `progress`, and every server out of the `executing` that greets a socket. */
const maybePromptId = prompt_id.nullish();

/** Why a node failed, as `execution_error` and the history say it. */
export const ExecutionFailure = z.looseObject({
  node_type: z.string().nullish(),
  exception_type: z.string().nullish(),
  exception_message: z.string().nullish(),
});
export type ExecutionFailure = z.infer<typeof ExecutionFailure>;

const message = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.looseObject({ type: z.literal(type), data });

/** A text frame of the WebSocket (`server.py`, `execution.py`, `comfy_execution/progress.py`). */
const SocketMessage = z.discriminatedUnion('type', [
  message('status', z.looseObject({ sid: z.string().nullish() })),
  message('feature_flags', z.looseObject({ supports_preview_metadata: z.boolean().optional() })),
  message('execution_start', z.looseObject({ prompt_id })),
  message('execution_success', z.looseObject({ prompt_id })),
  message('execution_cached', z.looseObject({ prompt_id, nodes: z.array(z.string()).catch([]) })),
  message('executing', z.looseObject({ prompt_id: maybePromptId, node: z.string().nullish() })),
  message(
    'progress',
    z.looseObject({ prompt_id: maybePromptId, node: z.string().nullish(), value: z.number(), max: z.number() }),
  ),
  message('progress_state', z.looseObject({ prompt_id, nodes: z.record(z.string(), NodeProgress) })),
  message('executed', z.looseObject({ prompt_id, node: z.string(), output: NodeOutput.nullish() })),
  message('execution_error', ExecutionFailure.extend({ prompt_id })),
  message('execution_interrupted', z.looseObject({ prompt_id })),
]);
export type SocketMessage = z.infer<typeof SocketMessage>;

/** A text frame; undefined: one of another kind. */
export function parseSocketMessage(text: string): SocketMessage | undefined {
  try {
    return SocketMessage.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The first message of a connection: previews then say whose they are. */
export const FEATURE_FLAGS = JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } });

/** A preview from a binary frame. */
export interface PreviewFrame {
  /** Undefined: a frame of the old kind, without ids. */
  readonly promptId: string | undefined;
  readonly image: EncodedImage;
}

const PreviewMeta = z.looseObject({ prompt_id });
const OLD_PREVIEW = 1;
const PREVIEW_WITH_IDS = 4;

/** `[1][image type][bytes]` or `[4][length][JSON][bytes]`, numbers as big-endian uint32; undefined: another frame. */
export function parsePreviewFrame(frame: Buffer): PreviewFrame | undefined {
  if (frame.byteLength < 8) return undefined;
  const kind = frame.readUInt32BE(0);
  if (kind === OLD_PREVIEW) {
    const image = recognizeImage(frame.subarray(8));
    return image && { promptId: undefined, image };
  }
  if (kind !== PREVIEW_WITH_IDS) return undefined;
  const end = 8 + frame.readUInt32BE(4);
  try {
    const meta = PreviewMeta.parse(JSON.parse(frame.toString('utf8', 8, end)));
    const image = recognizeImage(frame.subarray(end));
    return image && { promptId: meta.prompt_id, image };
  } catch {
    return undefined;
  }
}

const NodeError = z.looseObject({
  type: z.string().default(''),
  extra_info: z.looseObject({ input_name: z.string().nullish(), received_value: z.unknown().optional() }).catch({
    received_value: undefined,
  }),
});

/** What is wrong with the nodes of a graph, by id. */
export const NodeErrors = z.record(
  z.string(),
  z.looseObject({ errors: z.array(NodeError).default([]), dependent_outputs: z.array(z.string()).default([]) }),
);
export type NodeErrors = z.infer<typeof NodeErrors>;

/** Answer of POST `/prompt`. Some versions say `node_errors: []` for none. */
export const PromptAnswer = z.looseObject({ prompt_id, node_errors: NodeErrors.catch({}).default({}) });

/** Its refusal, with 400. */
export const PromptRefusal = z.looseObject({
  error: z.looseObject({ type: z.string() }),
  node_errors: NodeErrors.catch({}).default({}),
});

/** `[number, prompt_id, graph, extra_data, outputs, …]`. */
const QueueItem = z.tuple([z.number(), z.string()]).rest(z.unknown());

/** GET `/queue`. */
export const QueueAnswer = z.looseObject({
  queue_running: z.array(QueueItem),
  queue_pending: z.array(QueueItem),
});
export type QueueAnswer = z.infer<typeof QueueAnswer>;

/** Where work is in the backend's queue. */
export interface QueuePlace {
  /** 1 = next; undefined: it is running. */
  readonly position: number | undefined;
  /** Whose WebSocket hears of it. */
  readonly clientId: string | undefined;
  readonly graph: ComfyuiGraph | undefined;
}

/** The place of this prompt; undefined: it is not there. The list is a heap: its order is that of the numbers. */
export function placeIn({ queue_running, queue_pending }: QueueAnswer, id: string): QueuePlace | undefined {
  const running = queue_running.find((item) => item[1] === id);
  const ordered = queue_pending.toSorted((a, b) => a[0] - b[0]);
  const index = ordered.findIndex((item) => item[1] === id);
  const item = running ?? ordered[index];
  if (item === undefined) return undefined;
  return {
    position: running === undefined ? index + 1 : undefined,
    clientId: z.looseObject({ client_id: z.string() }).safeParse(item[3]).data?.client_id,
    graph: ComfyuiGraph.safeParse(item[2]).data,
  };
}

/** An entry of the history. */
export const HistoryEntry = z.looseObject({
  outputs: z.record(z.string(), NodeOutput).catch({}).default({}),
  status: z
    .looseObject({
      status_str: z.string().optional(),
      messages: z.array(z.tuple([z.string(), z.unknown()]).rest(z.unknown())).default([]),
    })
    .nullish()
    .catch(undefined),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** GET `/history/{id}`: empty as long as the work has not ended, and when it is unknown. */
export const HistoryAnswer = z.record(z.string(), HistoryEntry);

/** The picture that counts: the save node's, and kept (`temp` pictures are previews of nodes). */
export const keptImage = (output: z.infer<typeof NodeOutput> | null | undefined): SavedImage | undefined =>
  output?.images.find(({ type }) => type === 'output');

/** Answer of POST `/upload/image`. */
export const UploadAnswer = z.looseObject({ name: z.string(), subfolder: z.string().default('') });

/** GET `/object_info/{class}`: one class, or nothing where it is unknown. */
export const ObjectInfo = z.record(
  z.string(),
  z.looseObject({
    input: z.looseObject({
      required: z.record(z.string(), z.unknown()).optional(),
      optional: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
);

const OldCombo = z.tuple([z.array(z.string())]).rest(z.unknown());
const NewCombo = z.tuple([z.literal('COMBO'), z.looseObject({ options: z.array(z.string()) })]).rest(z.unknown());

/** What an input of a class can be, in the shape of either generation: `[[…], {…}]` or `["COMBO", {options}]`. */
export function optionsOf(info: z.infer<typeof ObjectInfo>, classType: string, input: string): string[] | undefined {
  const inputs = info[classType]?.input;
  const spec = inputs?.required?.[input] ?? inputs?.optional?.[input];
  return OldCombo.safeParse(spec).data?.[0] ?? NewCombo.safeParse(spec).data?.[1].options;
}

/** GET `/system_stats`. */
export const SystemStats = z.looseObject({ system: z.looseObject({ comfyui_version: z.string().nullish() }) });
