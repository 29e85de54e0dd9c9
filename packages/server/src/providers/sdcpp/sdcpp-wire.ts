import * as z from 'zod';
import type { GenerateRequest } from '../../provider.ts';

const Flag = z.boolean().nullish();
/** Zero where it is not told. */
const Count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);

/** Answer of `GET /sdcpp/v1/capabilities`; builds differ in what is there. */
export const Capabilities = z.object({
  supported_modes: z.array(z.string()).nullish(),
  features_by_mode: z
    .object({ img_gen: z.object({ init_image: Flag, cancel_generating: Flag, preview: Flag }).nullish() })
    .nullish(),
  limits: z
    .object({
      min_width: z.number().nullish(),
      max_width: z.number().nullish(),
      min_height: z.number().nullish(),
      max_height: z.number().nullish(),
    })
    .nullish(),
  samplers: z.array(z.string()).nullish(),
  preview_modes: z.array(z.string()).nullish(),
});
export type Capabilities = z.infer<typeof Capabilities>;

/** Answer of `POST /sdcpp/v1/img_gen`. */
export const Accepted = z.object({ id: z.string().min(1) });

/** Answer of `GET /sdcpp/v1/jobs/{id}`. */
export const SdcppJob = z.object({
  status: z.enum(['queued', 'generating', 'completed', 'failed', 'cancelled']),
  /** 1-based while queued. */
  queue_position: Count,
  result: z.object({ images: z.array(z.object({ b64_json: z.string() })) }).nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  /** In builds with previews, when the request asked for them. */
  preview: z.object({ step: Count, total_steps: Count, b64_json: z.string().catch('') }).nullish(),
});
export type SdcppJob = z.infer<typeof SdcppJob>;

/** A prompt without the tag by which text could set any parameter of the server, files on its disk among them. */
export function withoutExtraArgs(text: string): string {
  return text.replace(/sd_cpp_extra_args/gi, 'sd cpp extra args');
}

/** The body that asks for one picture. What is not given is left to the server's defaults. `preview`: a mode, if there are to be any. */
export function buildImgGen(request: GenerateRequest, { preview }: { readonly preview: string | undefined }) {
  const { prompt, negativePrompt, size, steps, cfg, sampler, seed, input } = request;
  return {
    prompt: withoutExtraArgs(prompt),
    ...(negativePrompt !== undefined && { negative_prompt: withoutExtraArgs(negativePrompt) }),
    width: size,
    height: size,
    seed,
    batch_count: 1,
    sample_params: {
      sample_steps: steps,
      ...(sampler !== undefined && { sample_method: sampler }),
      ...(cfg !== undefined && { guidance: { txt_cfg: cfg } }),
    },
    ...(input && { init_image: Buffer.from(input.image.bytes).toString('base64'), strength: input.strength }),
    output_format: 'png',
    ...(preview !== undefined && { preview, preview_interval: 1 }),
  };
}
