import { randomUUID } from 'node:crypto';
import type { Behaviour } from './fake-backend.ts';
import type { PictureFormat, PictureSubject } from './fake-picture.ts';
import type { StepGate } from './step-gate.ts';

/** One picture that a hosted service was asked for. */
export interface HostedOrder {
  readonly id?: string;
  readonly subject: PictureSubject;
  readonly format: PictureFormat;
  readonly steps: number;
  readonly behaviour: Behaviour;
  /** It fails in its middle. */
  readonly fails: boolean;
}

/** Requests about a `cut` work that are broken off, from its middle on. */
const CUT_REQUESTS = 3;

/** The work at the service: it outlives the network and the service's processes. */
export class HostedWork {
  readonly id: string;
  readonly order: HostedOrder;
  readonly createdAt = new Date();
  startedAt: Date | undefined;
  endedAt: Date | undefined;
  phase: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' = 'queued';
  /** Steps done. */
  step = 0;
  held: boolean;
  /** It may begin: its machine has booted. */
  booted = false;
  /** Requests about it that are still to be broken off. */
  cuts = 0;
  /** Its result is kept no longer. */
  expired = false;
  readonly #cancel = new AbortController();

  constructor(order: HostedOrder) {
    this.id = order.id ?? randomUUID();
    this.order = order;
    this.held = order.behaviour.kind === 'held';
  }

  /** Aborts when it is cancelled. */
  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  cancel(): void {
    this.#cancel.abort();
  }

  get ended(): boolean {
    return this.phase !== 'queued' && this.phase !== 'running';
  }

  /** Nobody says a word about it until it is cancelled. */
  get silent(): boolean {
    return this.order.behaviour.kind === 'silence' && !this.cancelled.aborted;
  }

  /** What tqdm prints while it runs, one line a step. */
  get progressLines(): string[] {
    const { steps } = this.order;
    if (this.phase === 'queued') return [];
    return Array.from({ length: this.step + 1 }, (_, step) => {
      const share = step / steps;
      const bar = '█'.repeat(Math.floor(share * 10)).padEnd(10, ' ');
      return `${String(Math.round(share * 100)).padStart(3)}%|${bar}| ${step}/${steps} [00:00<00:00, 20.00it/s]`;
    });
  }
}

/** The machines of a hosted service: so many works at once, the others in a queue, in the order they came. */
export class HostedRunners {
  mostRunning = 0;
  readonly #steps: StepGate;
  readonly #machines: number;
  readonly #works = new Map<string, HostedWork>();
  readonly #life = new AbortController();

  constructor(steps: StepGate, machines: number) {
    this.#steps = steps;
    this.#machines = machines;
  }

  /** The work with this id, ended ones included. */
  find(id: string): HostedWork | undefined {
    return this.#works.get(id);
  }

  get all(): readonly HostedWork[] {
    return [...this.#works.values()];
  }

  get alive(): number {
    return this.all.filter((work) => !work.ended).length;
  }

  /** Works before it in the queue. */
  ahead(work: HostedWork): number {
    const queued = this.all.filter(({ phase }) => phase === 'queued');
    return Math.max(0, queued.indexOf(work));
  }

  add(order: HostedOrder): HostedWork {
    const work = new HostedWork(order);
    this.#works.set(work.id, work);
    void this.#boot(work);
    return work;
  }

  /** A waiting work ends at once, a running one without its next step. */
  cancel(work: HostedWork): void {
    work.cancel();
    if (work.phase === 'queued' || work.order.behaviour.kind === 'silence') this.#end(work, 'cancelled');
  }

  release(): void {
    for (const work of this.all) work.held = false;
    this.#begin();
  }

  close(): void {
    this.#life.abort();
  }

  async #boot(work: HostedWork): Promise<void> {
    if (!(await this.#steps.takeTime(this.#life.signal))) return;
    work.booted = true;
    this.#begin();
  }

  #begin(): void {
    for (const work of this.all) {
      const running = this.all.filter(({ phase }) => phase === 'running').length;
      if (running >= this.#machines) return;
      if (work.phase !== 'queued' || work.held || !work.booted) continue;
      work.phase = 'running';
      work.startedAt = new Date();
      this.mostRunning = Math.max(this.mostRunning, running + 1);
      if (work.order.behaviour.kind !== 'silence') void this.#run(work);
    }
  }

  async #run(work: HostedWork): Promise<void> {
    const { steps, behaviour, fails } = work.order;
    const middle = Math.ceil(steps / 2);
    const signal = AbortSignal.any([this.#life.signal, work.cancelled]);
    while (work.step < steps) {
      if (!(await this.#steps.next(signal))) return work.cancelled.aborted ? this.#end(work, 'cancelled') : undefined;
      work.step += 1;
      if (work.step === middle && behaviour.kind === 'cut') work.cuts = CUT_REQUESTS;
      if (work.step === middle && fails) return this.#end(work, 'failed');
    }
    this.#end(work, 'done');
  }

  #end(work: HostedWork, how: 'done' | 'failed' | 'cancelled'): void {
    work.phase = how;
    work.endedAt = new Date();
    this.#begin();
  }
}
