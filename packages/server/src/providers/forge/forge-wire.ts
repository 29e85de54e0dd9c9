import * as z from 'zod';
import type { GenerateRequest } from '../../provider.ts';

/** Answer of `POST /sdapi/v1/txt2img` and `/img2img`. `info` is JSON text. */
export const Generated = z.object({ images: z.array(z.string()).nullish(), info: z.string().nullish() });

/** Answer of `GET /sdapi/v1/progress`: of whatever runs. */
export const GlobalProgress = z.object({
  /** 0–1, 0.01 too much while something runs. */
  progress: z.number(),
  state: z.object({
    /** `scripts_…` for work of the API. */
    job: z.string().nullish(),
    /** 0 idle, −1 loading or encoding the prompt. */
    job_count: z.number(),
    /** When the job began, for comparing only; `0` before the first. */
    job_timestamp: z.string().nullish(),
  }),
  current_image: z.string().nullish(),
});
export type GlobalProgress = z.infer<typeof GlobalProgress>;

/** Answer of `POST /internal/progress`: of one task. */
export const TaskProgress = z.object({
  active: z.boolean(),
  queued: z.boolean(),
  completed: z.boolean(),
  progress: z.number().nullish(),
  live_preview: z.string().nullish(),
  id_live_preview: z.number().nullish(),
  textinfo: z.string().nullish(),
});

/** The settings that matter here, from `GET /sdapi/v1/options`. */
export const Options = z.object({ live_previews_enable: z.boolean().nullish() });

/** Lists. */
export const Models = z.array(z.object({ title: z.string() }));
export const Samplers = z.array(z.object({ name: z.string() }));
export const Schedulers = z.array(z.object({ name: z.string(), label: z.string().nullish() }));

/** What it has to choose from; undefined: not known yet. */
export interface ForgeLists {
  readonly samplers: readonly string[] | undefined;
  /** Names and labels. */
  readonly schedulers: readonly string[];
}

/** Its default asks for a preview only every tenth step. */
const PREVIEW_EVERY_STEPS = 2;

/** “DPM++ 2M Karras” of older versions is a sampler and a scheduler in newer ones. */
export function splitSampler(
  name: string,
  { samplers, schedulers }: ForgeLists,
): { readonly sampler_name: string; readonly scheduler?: string } {
  if (samplers === undefined || samplers.includes(name)) return { sampler_name: name };
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  for (const sampler of samplers)
    for (const scheduler of schedulers)
      if (same(name, `${sampler} ${scheduler}`)) return { sampler_name: sampler, scheduler };
  return { sampler_name: samplers.find((sampler) => same(sampler, name)) ?? name };
}

/** Which of its two routes makes the picture. */
export const modeOf = (request: GenerateRequest): 'txt2img' | 'img2img' => (request.input ? 'img2img' : 'txt2img');

/** The body that asks for one picture under a task id of ours. What is not given is left to the backend. */
export function buildGeneration(
  request: GenerateRequest,
  { taskId, lists }: { readonly taskId: string; readonly lists: ForgeLists },
) {
  const { prompt, negativePrompt, size, steps, cfg, sampler, model, seed, input } = request;
  return {
    prompt,
    ...(negativePrompt !== undefined && { negative_prompt: negativePrompt }),
    seed,
    steps,
    width: size,
    height: size,
    ...(cfg !== undefined && { cfg_scale: cfg }),
    ...(sampler !== undefined && splitSampler(sampler, lists)),
    batch_size: 1,
    n_iter: 1,
    send_images: true,
    save_images: false,
    force_task_id: taskId,
    override_settings: {
      show_progress_every_n_steps: PREVIEW_EVERY_STEPS,
      ...(model !== undefined && { sd_model_checkpoint: model }),
    },
    // Restoring would load the former model after every picture.
    override_settings_restore_afterwards: model === undefined,
    ...(input && {
      init_images: [Buffer.from(input.image.bytes).toString('base64')],
      denoising_strength: input.strength,
      resize_mode: 0,
      include_init_images: false,
    }),
  };
}

const Info = z.object({ index_of_first_image: z.number().nullish() });

/** The picture among those of an answer: a grid may come first, and scripts append theirs. */
export function pickImage({ images, info }: z.infer<typeof Generated>): string | undefined {
  let first = 0;
  try {
    first = Info.parse(JSON.parse(info ?? '')).index_of_first_image ?? 0;
  } catch {
    // Some builds send no information.
  }
  return images?.[first] ?? images?.[0];
}
