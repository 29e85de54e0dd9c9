import type { Registry } from 'prom-client';
import type { LiveCounts, LiveTransport, TransportCounts } from '../http/live/live-counts.ts';
import type { HubStanding } from '../http/live/live-hub.ts';
import { type Figure, type ReadMetric, registerRead } from './figures.ts';

/** Where live delivery keeps its figures. */
export interface LiveSources {
  readonly hub: {
    readonly counts: LiveCounts;
    standing(): HubStanding;
  };
  readonly ownerSockets: { readonly delivered: number };
}

type Read = (counts: TransportCounts) => number;

/** A figure of each transport. */
function* byTransport({ ws, sse }: LiveCounts, read: Read): Iterable<Figure> {
  yield [{ transport: 'ws' }, read(ws)];
  yield [{ transport: 'sse' }, read(sse)];
}

function* closed(transport: LiveTransport, counts: TransportCounts): Iterable<Figure> {
  for (const [reason, count] of Object.entries(counts.closed)) yield [{ transport, reason }, count];
}

function* refused(transport: LiveTransport, counts: TransportCounts): Iterable<Figure> {
  for (const [code, count] of counts.refused) yield [{ transport, code }, count];
}

/** Metrics that have one figure for each transport. */
const BY_TRANSPORT: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['connections', 'Live connections open now.', ({ open }) => open],
  ['connections_opened_total', 'Live connections opened.', ({ opened }) => opened],
  ['events_delivered_total', 'Events handed to live connections: one for each reader of it.', ({ events }) => events],
  ['messages_delivered_total', 'Messages handed to live connections; several events may be one.', (c) => c.messages],
  ['writes_total', 'Writes to live connections; several messages may leave in one.', ({ writes }) => writes],
  ['written_bytes_total', 'Bytes of messages written to live connections.', ({ bytes }) => bytes],
];

/** Metrics of live delivery. */
export function registerLiveMetrics(registry: Registry, { hub, ownerSockets }: LiveSources): void {
  const { counts } = hub;
  const { ws, sse, polls } = counts;
  const metrics: readonly ReadMetric[] = [
    ...BY_TRANSPORT.map(([name, help, read]) => ({
      name,
      help,
      labelNames: ['transport'],
      read: () => byTransport(counts, read),
    })),
    {
      name: 'connections_closed_total',
      help: 'Live connections closed: bye = the server stops, silent, stalled, flood = the reader said nothing, took nothing, said too much; ended = so did what it read; gone = the reader left.',
      labelNames: ['transport', 'reason'],
      read: () => [...closed('ws', ws), ...closed('sse', sse)],
    },
    {
      name: 'connections_refused_total',
      help: 'Live connections refused, by error code; of event streams those that are to come back later.',
      labelNames: ['transport', 'code'],
      read: () => [...refused('ws', ws), ...refused('sse', sse)],
    },
    {
      name: 'subscriptions',
      help: 'Jobs that live connections read now.',
      read: () => [[{}, hub.standing().subscriptions]],
    },
    {
      name: 'readers_paused',
      help: 'Live connections that wait until their reader has taken what was sent.',
      read: () => [[{}, hub.standing().paused]],
    },
    {
      name: 'readers_held',
      help: 'Live connections that are not read from, since too much is queued for them.',
      read: () => [[{}, hub.standing().held]],
    },
    {
      name: 'messages_received_total',
      help: 'Messages, pings and pongs received over WebSockets.',
      read: () => [[{}, ws.received]],
    },
    { name: 'polled_events_total', help: 'Events in answers to polls.', read: () => [[{}, polls.events]] },
    { name: 'polls_held', help: 'Polls that wait for news now.', read: () => [[{}, polls.held]] },
    {
      name: 'conversation_news_delivered_total',
      help: "News of conversations handed to their owners' sockets: one for each socket.",
      read: () => [[{}, ownerSockets.delivered]],
    },
  ];
  for (const metric of metrics) registerRead(registry, { ...metric, name: `darkroom_live_${metric.name}` });
}
