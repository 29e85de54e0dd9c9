import * as z from 'zod/mini';
import { PictureStatus } from './conversation.ts';
import { Prompt } from './http.ts';
import { ConversationId } from './ids.ts';
import { JobOptions } from './job.ts';

const { size, steps, style, seed, negativePrompt, cfg, sampler, model, count, provider, image, strength } =
  JobOptions.shape;

/** Body of `POST /image/generate` (rule M9): a job in snake case. */
export const GenerateImageRequest = z.strictObject({
  prompt: Prompt,
  /** One's own conversation, in which the picture is to appear. */
  conversation_id: z.optional(ConversationId),
  size,
  steps,
  style,
  seed,
  negative_prompt: negativePrompt,
  cfg_scale: cfg,
  sampler,
  model,
  count,
  provider,
  image,
  strength,
});
export type GenerateImageRequest = z.infer<typeof GenerateImageRequest>;

/** A job as `/image/…` answers it. */
export const ImageJob = z.object({
  job_id: z.string(),
  status: PictureStatus,
  /** 0–100. */
  progress: z.number(),
  /** 1 = next; 0 when it does not wait. */
  queue_position: z.int(),
  prompt: z.string(),
  image_url: z.nullable(z.string()),
  image_urls: z.array(z.string()),
  /** Why there is no picture, for people. */
  error: z.nullable(z.string()),
  /** The message that shows it, and its conversation; told to their owner only. */
  message_id: z.nullable(z.int()),
  conversation_id: z.nullable(z.string()),
});
export type ImageJob = z.infer<typeof ImageJob>;

/** Answer of `GET /image/status`. */
export const ImageStatusResponse = z.object({
  /** Jobs waiting, everybody's. */
  queue_size: z.int(),
  /** Jobs under way, everybody's. */
  processing: z.int(),
  /** One's own that are not over, newest first, at most a page. */
  jobs: z.array(ImageJob),
});
export type ImageStatusResponse = z.infer<typeof ImageStatusResponse>;
