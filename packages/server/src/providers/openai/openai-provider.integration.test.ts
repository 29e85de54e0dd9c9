import { type FakeOpenaiOptions, startFakeOpenai } from '@darkroom/fake-backends';
import { registerProviderContract } from '../../provider.contract.ts';
import type { Provider } from '../../provider.ts';
import { parseOpenaiConfig } from './openai-config.ts';
import { createOpenaiProvider } from './openai-provider.ts';

const SECRETS = { OPENAI_API_KEY: 'sk-secret-of-tests' };
const LOST = { code: 'STREAM_UNAVAILABLE', retryable: true, mayStillRun: true } as const;
const LOST_ANSWER = { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true } as const;

const provide = (url: string): Provider => createOpenaiProvider(parseOpenaiConfig(new URL(url), SECRETS));

registerProviderContract({
  name: 'openai, streaming,',
  startBackend: (options) => startFakeOpenai({ ...options, key: SECRETS.OPENAI_API_KEY }),
  createProvider: (backend) => provide(`openai:gpt-image-2?partialImages=2&base=${backend.url}/v1`),
  // The request's connection is all there is of a work.
  outcomes: { 'cut in the middle': LOST, 'gone for a while': LOST, 'restarted in the middle': LOST },
  previews: 2,
});

registerProviderContract({
  name: 'openai+http, a local server without streams,',
  startBackend: (options) => startFakeOpenai({ ...options, flavour: 'local' }),
  createProvider: (backend) => provide(`openai+${backend.url}/v1`),
  outcomes: {
    'cut in the middle': LOST_ANSWER,
    'gone for a while': LOST_ANSWER,
    'restarted in the middle': LOST_ANSWER,
    // Its errors are mere strings.
    rejection: { code: 'INVALID_PROMPT', retryable: false, mayStillRun: false },
  },
});

export type { FakeOpenaiOptions };
