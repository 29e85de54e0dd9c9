import type { Plan } from './drive.ts';

/** Where readers of a live server connect, and the text after which one is reading. */
export interface Target {
  readonly port: number;
  readonly jobId: string;
  readonly head: number;
  readonly readyText: string;
}

/** What the live cases ask of a server, be it Darkroom or a yardstick. */
export type LiveServer = {
  /** `like`: the JSON of an event, to send the same bytes. */
  readonly open: (like: string) => Promise<Target> | Target;
  readonly drive: (plan: Plan) => Promise<number[]>;
  readonly cpuUs: () => number;
  readonly memory: () => Promise<number>;
};
