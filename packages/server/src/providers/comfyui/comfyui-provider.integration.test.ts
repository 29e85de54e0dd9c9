import { startFakeComfyui } from '@darkroom/fake-backends';
import { registerProviderContract } from '../../provider.contract.ts';
import { type ComfyuiPace, parseComfyuiConfig } from './comfyui-config.ts';
import { createComfyuiProvider } from './comfyui-provider.ts';

const PACE: Partial<ComfyuiPace> = {
  pollMs: 50,
  waitingPollMs: 100,
  safetyPollMs: 2_000,
  silentMs: 300,
  reconcileMs: 400,
};

const create = (url: string, options = '') =>
  createComfyuiProvider({ ...parseComfyuiConfig(new URL(`comfyui+${url}${options}`)), pace: PACE });

registerProviderContract({
  name: 'comfyui of 2026',
  startBackend: (options) => startFakeComfyui(options),
  createProvider: ({ url }) => create(url),
  previews: 6,
});

registerProviderContract({
  name: 'comfyui 0.3 with --preview-method auto',
  startBackend: (options) => startFakeComfyui({ ...options, dialect: '0.3', previewMethod: 'auto' }),
  createProvider: ({ url }) => create(url),
  previews: 6,
});
