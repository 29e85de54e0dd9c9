import type { JobOptions, ProviderCapabilities } from '@darkroom/protocol';

/** What has to be known of a backend to choose it. */
export interface Candidate {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
}

export type Choice<T extends Candidate> =
  /** Those that can do it, at least one, in order of preference. */
  | { readonly ok: true; readonly backends: readonly T[] }
  /** Nobody can; `option` is the one that stands in the way. */
  | { readonly ok: false; readonly option: keyof JobOptions; readonly message: string };

/** Something asked for that not every backend can do. The rest (steps, seed, style) is ignored where it cannot be done. */
interface Demand {
  readonly option: keyof JobOptions;
  /** Completes “No backend can …”. */
  readonly verb: string;
  readonly isMetBy: (capabilities: ProviderCapabilities) => boolean;
}

const isListed = (list: readonly string[] | null, name: string) => list === null || list.includes(name);

function demandsOf({ size, model, sampler, negativePrompt, cfg, image }: JobOptions): readonly Demand[] {
  const demands: Demand[] = [];
  if (size !== undefined)
    demands.push({ option: 'size', verb: `do ${size} px`, isMetBy: ({ sizes }) => sizes.includes(size) });
  if (model !== undefined)
    demands.push({
      option: 'model',
      verb: `use the model “${model}”`,
      isMetBy: ({ models }) => isListed(models, model),
    });
  if (sampler !== undefined)
    demands.push({
      option: 'sampler',
      verb: `use the sampler “${sampler}”`,
      isMetBy: ({ samplers }) => isListed(samplers, sampler),
    });
  if (negativePrompt !== undefined && negativePrompt !== '')
    demands.push({
      option: 'negativePrompt',
      verb: 'use a negative prompt',
      isMetBy: (capabilities) => capabilities.negativePrompt,
    });
  if (cfg !== undefined)
    demands.push({ option: 'cfg', verb: 'use a guidance scale', isMetBy: (capabilities) => capabilities.cfg });
  if (image !== undefined)
    demands.push({ option: 'image', verb: 'begin with a picture', isMetBy: ({ imageToImage }) => imageToImage });
  return demands;
}

/** Which backends can do what the options ask for, or what stands in the way. */
export function chooseBackends<T extends Candidate>(options: JobOptions, all: readonly T[]): Choice<T> {
  const { provider } = options;
  const named = provider === undefined ? all : all.filter(({ name }) => name === provider);
  if (named.length === 0) {
    const message = provider === undefined ? 'There is no backend.' : `There is no backend “${provider}”.`;
    return { ok: false, option: 'provider', message };
  }
  let left = named;
  for (const { option, verb, isMetBy } of demandsOf(options)) {
    const able = left.filter(({ capabilities }) => isMetBy(capabilities));
    if (able.length === 0) {
      // Another backend can do it, but not what was asked for besides.
      const together = named.some(({ capabilities }) => isMetBy(capabilities))
        ? ' together with the other options'
        : '';
      const who = provider === undefined ? 'No backend can' : `${provider} cannot`;
      return { ok: false, option, message: `${who} ${verb}${together}.` };
    }
    left = able;
  }
  return { ok: true, backends: left };
}
