import type { WorkRecord } from './fake-backend.ts';
import type { PictureSubject } from './fake-picture.ts';
import type { StepGate } from './step-gate.ts';

/** How a work ended: with its picture, cut short by a stop, by a failure of its own, or with the process. */
export type GpuEnding = 'done' | 'stopped' | 'failed' | 'lost';

/** What a work is asked to be. */
export interface GpuOrder {
  readonly subject: PictureSubject;
  readonly steps: number;
  /** Where it is kept until `release`; `for-good`: before its first step, whatever is released. */
  readonly hold?: 'in-queue' | 'before-first-step' | 'for-good' | undefined;
  /** It fails after this many steps. */
  readonly failsAfter?: number | undefined;
  /** Called when half of its steps are done. */
  readonly onMiddle?: (() => void) | undefined;
  /** Called when its turn has come. */
  readonly onBegin?: ((work: GpuWork) => void) | undefined;
}

/** One picture in the making. */
export class GpuWork {
  readonly order: GpuOrder;
  readonly takenAt = Date.now();
  phase: 'waiting' | 'running' | 'ended' = 'waiting';
  /** Steps done. */
  step = 0;
  /** When its turn came, in ms; undefined while it waits. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** Kept back until `release`. */
  held: boolean;
  readonly #ended = Promise.withResolvers<GpuEnding>();
  readonly #gate = Promise.withResolvers<void>();
  readonly #stop = new AbortController();

  constructor(order: GpuOrder) {
    this.order = order;
    this.held = order.hold !== undefined;
  }

  get ended(): Promise<GpuEnding> {
    return this.#ended.promise;
  }

  get gate(): Promise<void> {
    return this.#gate.promise;
  }

  /** Aborts when it is asked to stop. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort();
    this.open();
  }

  open(): void {
    this.held = false;
    this.#gate.resolve();
  }

  end(how: GpuEnding): void {
    this.phase = 'ended';
    this.endedAt = Date.now();
    this.#ended.resolve(how);
  }
}

/** One GPU behind one lock: works in the order they came, one at a time. */
export class OneGpu {
  mostRunning = 0;
  #works: GpuWork[] = [];
  readonly #journal: GpuWork[] = [];
  readonly #steps: StepGate;
  #life = new AbortController();

  constructor(steps: StepGate) {
    this.#steps = steps;
  }

  get running(): GpuWork | undefined {
    return this.#works.find(({ phase }) => phase === 'running');
  }

  get waiting(): readonly GpuWork[] {
    return this.#works.filter(({ phase }) => phase === 'waiting');
  }

  get alive(): number {
    return this.#works.length;
  }

  /** Every work so far, ended ones included. */
  get journal(): readonly WorkRecord[] {
    return this.#journal.map(({ order: { subject }, takenAt, startedAt, endedAt }) => {
      return { prompt: subject.prompt, seed: subject.seed, takenAt, startedAt, endedAt };
    });
  }

  submit(order: GpuOrder): GpuWork {
    const work = new GpuWork(order);
    this.#journal.push(work);
    this.#works.push(work);
    this.#next();
    return work;
  }

  /** Takes a waiting work out of the queue. */
  drop(work: GpuWork): void {
    this.#end(work, 'stopped');
  }

  /** Stops a running work, with the steps it has done. */
  stop(work: GpuWork): void {
    work.stop();
  }

  release(): void {
    for (const work of this.#works) if (work.order.hold !== 'for-good') work.open();
    this.#next();
  }

  /** The process dies: every work with it. */
  die(): void {
    this.#life.abort();
    this.#life = new AbortController();
    for (const work of this.#works.splice(0)) work.end('lost');
  }

  #next(): void {
    if (this.running !== undefined) return;
    const work = this.waiting.find(({ held, order }) => !(held && order.hold === 'in-queue'));
    if (work === undefined) return;
    work.phase = 'running';
    work.startedAt = Date.now();
    this.mostRunning = Math.max(this.mostRunning, 1);
    work.order.onBegin?.(work);
    const life = this.#life.signal;
    void this.#run(work, life).then((how) => !life.aborted && this.#end(work, how));
  }

  async #run(work: GpuWork, life: AbortSignal): Promise<GpuEnding> {
    const { steps, failsAfter, onMiddle } = work.order;
    const signal = AbortSignal.any([life, work.stopped]);
    if (work.held) await work.gate;
    while (work.step < steps) {
      if (!(await this.#steps.next(signal))) return work.stopped.aborted ? 'stopped' : 'lost';
      work.step += 1;
      if (work.step === failsAfter) return 'failed';
      if (work.step === Math.ceil(steps / 2)) onMiddle?.();
    }
    return 'done';
  }

  #end(work: GpuWork, how: GpuEnding): void {
    this.#works = this.#works.filter((other) => other !== work);
    work.end(how);
    this.#next();
  }
}
