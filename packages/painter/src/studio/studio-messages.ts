import type { PictureOrder } from '../paint-picture.ts';

/** What the studio asks of its worker. `id` names one painting. */
export type Request =
  | { readonly type: 'open'; readonly id: number; readonly order: PictureOrder }
  | { readonly type: 'preview'; readonly id: number; readonly step: number; readonly steps: number }
  | { readonly type: 'picture'; readonly id: number; readonly texts: Readonly<Record<string, string>> }
  /** The painting is done with or given up; it is never answered. */
  | { readonly type: 'drop'; readonly id: number }
  | { readonly type: 'close' };

/** The worker's answer, one per request in turn. */
export type Answer =
  | { readonly id: number; readonly ok: true; readonly bytes: Uint8Array }
  | { readonly id: number; readonly ok: false; readonly message: string };
