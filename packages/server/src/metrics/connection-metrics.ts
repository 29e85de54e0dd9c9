import type { Registry } from 'prom-client';
import type { ConnectionCounts } from '../http/connections/connection-counts.ts';
import { type ReadMetric, registerRead } from './figures.ts';

/** Metrics of what clients do with HTTP connections, apart from requests. */
export function registerConnectionMetrics(registry: Registry, counts: ConnectionCounts): void {
  const metrics: readonly ReadMetric[] = [
    {
      name: 'connections_closed_total',
      help: 'HTTP connections closed by the server: slow-request = no complete request came in time, slow-body = a body came too slowly, unread = a response was not taken, pipelined = too many requests waited, malformed = no HTTP.',
      labelNames: ['reason'],
      read: () => Object.entries(counts.closed).map(([reason, count]) => [{ reason }, count] as const),
    },
    {
      name: 'bodies_receiving',
      help: 'Request bodies that are being received now.',
      read: () => [[{}, counts.receiving().bodies]],
    },
    {
      name: 'bodies_receiving_bytes',
      help: 'Bytes that have arrived of the request bodies that are being received now.',
      read: () => [[{}, counts.receiving().bytes]],
    },
  ];
  for (const metric of metrics) registerRead(registry, { ...metric, name: `darkroom_http_${metric.name}` });
}
