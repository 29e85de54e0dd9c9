import type { StepGate } from '@darkroom/fake-backends';
import type { Overrides } from '../compose.ts';
import { createProvider } from '../providers/provider-schemes.ts';
import { parseSketchConfig } from '../providers/sketch/sketch-config.ts';
import { createSketchProvider } from '../providers/sketch/sketch-provider.ts';

/** Makes providers as the server does, but those of `sketch:` step when `steps` permits it. */
export const steppedSketch = (steps: StepGate): Required<Pick<Overrides, 'createProvider'>> => ({
  createProvider: async (url, secrets) =>
    url.protocol === 'sketch:'
      ? createSketchProvider(parseSketchConfig(url), steps)
      : await createProvider(url, secrets),
});
