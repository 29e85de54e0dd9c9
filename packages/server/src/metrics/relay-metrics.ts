import { Counter, type Registry } from 'prom-client';
import type { Relay, RelayNotice } from '../relay.ts';
import { registerRead } from './figures.ts';

function kindOf(notice: RelayNotice): string {
  if ('jobId' in notice) return 'job';
  return 'conversationId' in notice ? 'conversation' : 'worker';
}

/** Metrics of the relay, and that relay with its notices counted. */
export function registerRelayMetrics(registry: Registry, relay: Relay): Relay {
  const common = { labelNames: ['kind'], registers: [registry] };
  const published = new Counter({
    ...common,
    name: 'darkroom_relay_published_notices_total',
    help: 'Notices published to all processes.',
  });
  const heard = new Counter({
    ...common,
    name: 'darkroom_relay_heard_notices_total',
    help: 'Notices heard of all processes, this one included.',
  });
  for (const kind of ['job', 'conversation', 'worker'])
    for (const counter of [published, heard]) counter.inc({ kind }, 0);
  registerRead(registry, {
    name: 'darkroom_relay_up',
    help: 'Whether other processes can be told now; a single process has nobody to tell: 1.',
    read: async () => [
      [
        {},
        await relay.check().then(
          () => 1,
          () => 0,
        ),
      ],
    ],
  });
  relay.subscribe((notice) => heard.inc({ kind: kindOf(notice) }));
  return {
    publish(notice) {
      published.inc({ kind: kindOf(notice) });
      relay.publish(notice);
    },
    subscribe: (listener) => relay.subscribe(listener),
    check: () => relay.check(),
    close: () => relay.close(),
  };
}
