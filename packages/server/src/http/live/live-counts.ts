import type { ApiErrorCode } from '@darkroom/protocol';

/** How a live connection reads. */
export type LiveTransport = 'ws' | 'sse';

/** Why this side ends a connection: the server stops, the reader said nothing or took nothing for too long, or said too much. */
export type CloseReason = 'bye' | 'silent' | 'stalled' | 'flood';

/** The same, or what it read has ended, or the reader left (or broke the protocol). */
export type EndReason = CloseReason | 'ended' | 'gone';

/** What was done over one transport since the start. Plain numbers: they are added to for every reader of every event. */
export class TransportCounts {
  opened = 0;
  readonly closed: Record<EndReason, number> = { bye: 0, silent: 0, stalled: 0, flood: 0, ended: 0, gone: 0 };
  readonly refused = new Map<ApiErrorCode, number>();
  /** Messages and control frames that clients sent. */
  received = 0;
  events = 0;
  messages = 0;
  writes = 0;
  bytes = 0;

  /** Connections there are now. */
  get open(): number {
    return Object.values(this.closed).reduce((left, count) => left - count, this.opened);
  }

  refuse(code: ApiErrorCode): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}

/** What live delivery has done since the start, for whoever asks (`metrics/live-metrics.ts`). */
export class LiveCounts {
  readonly ws = new TransportCounts();
  readonly sse = new TransportCounts();
  /** Polls: events in their answers, and those that are held now. */
  readonly polls = { events: 0, held: 0 };
}
