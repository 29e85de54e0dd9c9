import * as z from 'zod';

/** Body of `POST /sdcpp/v1/img_gen`: the fields that the fake heeds. */
export const ImgGenRequest = z.looseObject({
  prompt: z.string().min(1),
  negative_prompt: z.string().default(''),
  width: z.int().min(64).max(4096).default(512),
  height: z.int().min(64).max(4096).default(512),
  seed: z.int().default(-1),
  strength: z.number().min(0).max(1).default(0.75),
  init_image: z.string().nullish(),
  sample_params: z
    .looseObject({ sample_steps: z.int().min(1).default(20), sample_method: z.string().optional() })
    .default({ sample_steps: 20 }),
  output_format: z.enum(['png', 'jpeg', 'webp']).default('png'),
  preview: z.enum(['none', 'proj', 'tae', 'vae']).default('none'),
  preview_interval: z.int().min(1).default(1),
});
export type ImgGenRequest = z.infer<typeof ImgGenRequest>;

/** Names for `sample_params.sample_method`. */
export const SAMPLERS: readonly string[] = ['euler', 'euler_a', 'heun', 'dpm2', 'dpm++2m', 'lcm'];

/** Body of `GET /sdcpp/v1/capabilities`. */
export function capabilitiesOf({
  previews,
  cancelsGenerating,
  maxQueued,
}: {
  readonly previews: boolean;
  readonly cancelsGenerating: boolean;
  readonly maxQueued: number;
}): unknown {
  const features = {
    init_image: true,
    mask_image: true,
    lora: true,
    vae_tiling: true,
    hires: true,
    cancel_queued: true,
  };
  return {
    model: { name: 'sd_turbo.safetensors', stem: 'sd_turbo', path: '/models/sd_turbo.safetensors' },
    current_mode: 'img_gen',
    supported_modes: ['img_gen'],
    defaults_by_mode: { img_gen: { sample_params: { sample_steps: 20 } } },
    features_by_mode: {
      img_gen: { ...features, cancel_generating: cancelsGenerating, ...(previews && { preview: true }) },
    },
    limits: {
      min_width: 64,
      max_width: 4096,
      min_height: 64,
      max_height: 4096,
      max_batch_count: 8,
      max_queue_size: maxQueued,
    },
    samplers: SAMPLERS,
    schedulers: ['discrete', 'karras', 'exponential'],
    loras: [],
    upscalers: [],
    ...(previews && { preview_modes: ['none', 'proj', 'tae', 'vae'] }),
  };
}
