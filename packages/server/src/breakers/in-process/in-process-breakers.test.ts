import { registerBreakersContract } from '../../breaker.contract.ts';
import { InProcessBreakers } from './in-process-breakers.ts';

registerBreakersContract({
  name: 'InProcessBreakers',
  createPair: async (clock) => {
    const breakers = new InProcessBreakers(clock);
    return [breakers, breakers];
  },
});
