import type { StepGate, StepOptions } from './step-gate.ts';

/** The backends there is a fake of, by the names that `npm run fake -- NAME` takes. */
export const FAKE_KINDS = ['forge', 'comfyui', 'openai', 'sdcpp', 'replicate', 'fal'] as const;
export type FakeKind = (typeof FAKE_KINDS)[number];

/** What a fake does with one submission. */
export type Behaviour =
  /** Makes the picture, step by step. */
  | { readonly kind: 'normal' }
  /** Does not make it, and says so as the real one would: by HTTP status, or by the state of the work where it only fails while running. */
  | {
      readonly kind: 'fails';
      readonly how: 'server-error' | 'rate-limit' | 'rejection' | 'invalid' | 'out-of-memory';
      /** For `rate-limit`: the pause it asks for, in seconds. */
      readonly retryAfterS?: number;
    }
  /** Answers the submission with bytes that are not its protocol. */
  | { readonly kind: 'garbage' }
  /** Breaks every connection about the work in its middle. The work goes on where the real one's would. */
  | { readonly kind: 'cut' }
  /** Takes the work and neither does it nor says another word about it, until it is cancelled. */
  | { readonly kind: 'silence' }
  /** Keeps the work in its own queue (or, if it has none, before the first step) until `release`. */
  | { readonly kind: 'held' };

/** A request for a picture that a fake has received, refused ones included. */
export interface Submission {
  /** The fake's own id of the work; undefined where the real one gives none. */
  readonly upstreamId: string | undefined;
  /** The request's JSON body, or the fields of its form. */
  readonly body: unknown;
}

/** One picture that a fake was to make, and when, in ms since the Unix epoch. */
export interface WorkRecord {
  readonly prompt: string;
  readonly seed: number;
  /** When it was submitted. */
  readonly takenAt: number;
  /** When its turn came; undefined while it waits. */
  readonly startedAt: number | undefined;
  /** When it was done, or stopped; undefined until then. */
  readonly endedAt: number | undefined;
}

/** One fake backend: a real server on a free port of this machine. */
export interface FakeBackend {
  readonly kind: FakeKind;
  /** For example `http://127.0.0.1:40001`, without a slash at the end. */
  readonly url: string;
  /** Decides when its works make their denoising steps. */
  readonly steps: StepGate;
  /** What the next submissions meet, one each, in order; after them every one is `normal`. */
  plan(...behaviours: readonly Behaviour[]): void;
  /** Every submission so far, in order. */
  readonly submissions: readonly Submission[];
  /** Works that are waiting or running now: after a cancel, what would still cost. */
  readonly alive: number;
  /** The most works that were running (not waiting) at once. */
  readonly mostRunning: number;
  /** Open connections, WebSockets included. */
  readonly connections: number;
  /** Lets held works go on. */
  release(): void;
  /** The network is gone: every connection breaks, new ones are refused. What it is doing goes on. */
  unplug(): void;
  plugIn(): Promise<void>;
  /** Its process dies and starts again: connections break, and it forgets what the real one keeps in memory. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** How a fake is started. */
export interface FakeOptions extends StepOptions {
  /** TCP port; default any free one. */
  readonly port?: number;
  /** Edge of its pictures in pixels; default what is asked for. A small one makes a costless backend. */
  readonly edge?: number;
}
