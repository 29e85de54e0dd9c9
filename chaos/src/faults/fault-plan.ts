import type { Random } from '../../../packages/server/src/testing/random.ts';
import { namesOf, type ProcessCounts, wireNames } from '../cluster/part-names.ts';

/** One thing that breaks, and mends again `forMs` later. */
export interface Fault {
  readonly kind: FaultKind;
  /** A process, a shared part, or a wire (“who → whom”). */
  readonly who: string;
  /** Milliseconds after the beginning. */
  readonly atMs: number;
  readonly forMs: number;
}

export const FAULT_KINDS = [
  /** A process is killed with -9, and another one started in its place. */
  'killed',
  /** A process is stopped (SIGSTOP) and continued. */
  'stopped',
  /** A process ends as planned (SIGTERM), and another one is started in its place. */
  'replaced',
  /** Redis, PostgreSQL or the object storage is gone; Redis comes back empty. */
  'gone',
  /** The network between two parts is broken: connections are reset. */
  'cut',
  /** The network between two parts loses everything, and nobody is told. */
  'silent',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface PlanOptions extends ProcessCounts {
  readonly random: Random;
  /** Faults begin within this time. */
  readonly durationMs: number;
  /** One begins in each of so many milliseconds. */
  readonly everyMs: number;
  /** After so long a silence a worker's jobs are taken over: one of the stops is longer. Other faults last in proportion. */
  readonly silenceMs: number;
}

/** A card of the deck: each is played once before any is played again. */
interface Card {
  readonly kind: FaultKind;
  readonly whom: readonly string[];
  readonly forMs: readonly [least: number, most: number];
}

/** A worker's jobs are found at its next look only, and something must go on after that. */
const OVERSLEPT = 1.6;

function deckOf(options: PlanOptions): readonly Card[] {
  const { gateways, workers } = namesOf(options);
  const wires = wireNames(options);
  const { silenceMs } = options;
  const asleep = silenceMs * OVERSLEPT;
  return [
    { kind: 'killed', whom: workers, forMs: [500, 3_000] },
    { kind: 'killed', whom: gateways, forMs: [500, 5_000] },
    { kind: 'stopped', whom: workers, forMs: [1_000, 0.5 * silenceMs] },
    { kind: 'stopped', whom: workers, forMs: [asleep, 1.5 * asleep] },
    { kind: 'stopped', whom: gateways, forMs: [0.2 * silenceMs, 0.6 * silenceMs] },
    { kind: 'replaced', whom: workers, forMs: [0, 2_000] },
    { kind: 'replaced', whom: gateways, forMs: [0, 2_000] },
    { kind: 'gone', whom: ['redis'], forMs: [500, 4_000] },
    { kind: 'gone', whom: ['postgres'], forMs: [500, 4_000] },
    { kind: 'gone', whom: ['s3'], forMs: [5_000, 5_000] },
    { kind: 'cut', whom: wires, forMs: [1_000, 0.4 * silenceMs] },
    { kind: 'silent', whom: wires, forMs: [0.1 * silenceMs, silenceMs] },
  ];
}

/** Which of `whom` it may hit at this moment: nothing that is broken already. */
const isFree = (planned: readonly Fault[], atMs: number) => (who: string) =>
  planned.every((fault) => fault.who !== who || fault.atMs + fault.forMs < atMs);

/** How many faults play every card once. */
export const FAULTS_PER_DECK = 12;

/** What breaks, when and for how long; the same for the same chance. Different parts may be broken at the same time. */
export function planFaults(options: PlanOptions): readonly Fault[] {
  const { random, durationMs, everyMs } = options;
  const between = ([least, most]: readonly [number, number]) => Math.round(least + random.next() * (most - least));
  const deck = deckOf(options);
  const planned: Fault[] = [];
  let cards: Card[] = [];
  for (let slot = 0; slot < Math.floor(durationMs / everyMs); slot++) {
    const atMs = between([slot * everyMs, (slot + 1) * everyMs]);
    if (cards.length === 0) cards = random.shuffle(deck);
    const card = cards.pop();
    const [who] = random.shuffle(card?.whom ?? []).filter(isFree(planned, atMs));
    if (card !== undefined && who !== undefined)
      planned.push({ kind: card.kind, who, atMs, forMs: between(card.forMs) });
  }
  return planned;
}
