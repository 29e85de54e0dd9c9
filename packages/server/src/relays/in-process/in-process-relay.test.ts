import { registerRelayContract } from '../../relay.contract.ts';
import { InProcessRelay } from './in-process-relay.ts';

registerRelayContract({
  name: 'InProcessRelay',
  createPair: async () => {
    const relay = new InProcessRelay();
    return [relay, relay];
  },
});
