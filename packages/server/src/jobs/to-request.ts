import { type Job, LIMITS } from '@darkroom/protocol';
import type { GenerateRequest, ProviderCapabilities } from '../provider.ts';

/** Which picture of the job, from 0, and what it begins with. */
export interface PictureOrder {
  readonly index: number;
  readonly input: GenerateRequest['input'];
}

/** What a provider with these capabilities is asked for one picture of a job. What it would ignore is left out; a style it has no name for becomes words of the prompt. */
export function toRequest(
  { prompt, options = {} }: Pick<Job, 'prompt' | 'options'>,
  capabilities: ProviderCapabilities,
  { index, input }: PictureOrder,
): GenerateRequest {
  const { style, negativePrompt } = options;
  const knowsStyle = style !== undefined && capabilities.styles.includes(style);
  const unless = <T>(isIgnored: boolean, value: T) => (isIgnored ? undefined : value);
  return {
    prompt: style === undefined || knowsStyle ? prompt : `${prompt}, ${style} style`,
    style: unless(!knowsStyle, style),
    size: Number(options.size ?? '512'),
    steps: options.steps ?? LIMITS.defaultSteps,
    seed: ((options.seed ?? 0) + index) % (LIMITS.maxSeed + 1),
    negativePrompt: unless(!capabilities.negativePrompt || negativePrompt === '', negativePrompt),
    cfg: unless(!capabilities.cfg, options.cfg),
    sampler: unless(capabilities.samplers?.length === 0, options.sampler),
    model: unless(capabilities.models?.length === 0, options.model),
    input: unless(!capabilities.imageToImage, input),
  };
}
