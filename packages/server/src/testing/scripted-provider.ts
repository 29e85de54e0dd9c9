import type { GenerateContext, GenerateRequest, Provider, ProviderCapabilities, Update } from '../provider.ts';

/** A 1×1 JPEG and PNG: real pictures of no cost. */
export const TINY_JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
  'base64',
);
export const TINY_PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** What a test wants of one run: it may wait, abort by the signal, or throw. */
export type Script = (request: GenerateRequest, context: GenerateContext) => AsyncIterable<Update>;

export interface ScriptedProvider extends Provider {
  /** Runs under way now. */
  readonly running: number;
  /** Requests it was given, in order. */
  readonly requests: readonly GenerateRequest[];
}

/** The picture at once: a backend that costs nothing. */
export async function* instantly(): AsyncIterable<Update> {
  yield { type: 'image', image: { bytes: TINY_PNG, type: 'image/png' } };
}

/** All steps without a pause, with previews, then the picture. Stops at the signal. */
export async function* stepByStep({ steps }: GenerateRequest, { signal }: GenerateContext): AsyncIterable<Update> {
  for (let step = 1; step <= steps; step++) {
    await new Promise(setImmediate);
    signal.throwIfAborted();
    yield { type: 'progress', percent: (100 * step) / steps, step, steps };
    yield { type: 'preview', image: { bytes: TINY_JPEG, type: 'image/jpeg' } };
  }
  yield { type: 'image', image: { bytes: TINY_PNG, type: 'image/png' } };
}

/** It can do everything but resume. */
export const SCRIPTED_CAPABILITIES: ProviderCapabilities = {
  sizes: ['512', '768', '1024'],
  styles: [],
  models: null,
  samplers: null,
  steps: true,
  seed: true,
  negativePrompt: true,
  cfg: true,
  imageToImage: true,
  progress: true,
  previews: true,
  resume: false,
  traceable: true,
  cancel: 'stops',
};

/** What a test may say of its backend. */
export interface BackendTraits {
  /** Default `scripted`. */
  readonly name?: string;
  /** Default 1. */
  readonly concurrency?: number;
  /** Whether it keeps the `requests` it was given, their images included. Default: true. */
  readonly remembers?: boolean;
  /** Default ten minutes. */
  readonly timeoutMs?: number;
  /** Default: everything but to resume. */
  readonly capabilities?: Partial<ProviderCapabilities>;
  /** Default: it cannot. */
  readonly stopLeft?: Provider['stopLeft'];
}

/** A backend that does what the test's script says. It stands for what is outside, never for a part of ours. */
export function createScriptedProvider(script: Script, traits: BackendTraits = {}): ScriptedProvider {
  const { name = 'scripted', concurrency = 1, remembers = true, timeoutMs = 600_000, capabilities, stopLeft } = traits;
  const requests: GenerateRequest[] = [];
  let running = 0;
  return {
    name,
    kind: 'scripted',
    concurrency,
    timeoutMs,
    capabilities: { ...SCRIPTED_CAPABILITIES, ...capabilities },
    get running() {
      return running;
    },
    requests,
    async *generate(request, context) {
      if (remembers) requests.push(request);
      running++;
      try {
        yield* script(request, context);
      } finally {
        running--;
      }
    },
    ...(stopLeft !== undefined && { stopLeft }),
    health: async () => ({ ok: true }),
    close: async () => {},
  };
}
