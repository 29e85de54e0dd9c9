import { startFakeForge } from '@darkroom/fake-backends';
import { registerProviderContract } from '../../provider.contract.ts';
import { parseForgeConfig } from './forge-config.ts';
import { createForgeProvider } from './forge-provider.ts';

const createProvider = ({ url }: { readonly url: string }) =>
  createForgeProvider({ ...parseForgeConfig(new URL(`forge+${url}`)), pollMs: 20 });

registerProviderContract({
  name: 'Forge',
  startBackend: startFakeForge,
  createProvider,
  outcomes: {
    // The picture only comes in the answer that was lost; the work is stopped.
    'cut in the middle': { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: false },
    // It was finished meanwhile.
    'gone for a while': { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true },
  },
});

registerProviderContract({
  name: 'AUTOMATIC1111 without its web page',
  startBackend: (options) => startFakeForge({ ...options, flavour: 'a1111', webui: false }),
  createProvider,
  outcomes: {
    'cut in the middle': { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: false },
    'gone for a while': { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true },
  },
});
