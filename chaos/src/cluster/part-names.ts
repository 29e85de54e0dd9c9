/** How many processes there are of each kind. */
export interface ProcessCounts {
  readonly gateways: number;
  readonly workers: number;
}

/** The processes' names: `gateway-1`, `worker-1` and so on. */
export function namesOf({ gateways, workers }: ProcessCounts) {
  const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`);
  return { gateways: names('gateway', gateways), workers: names('worker', workers) };
}

const SHARED = ['postgres', 'redis', 's3'] as const;
const BACKENDS = ['comfyui', 'forge'] as const;

/** Names of all wires between the parts, “who → whom”. */
export function wireNames(counts: ProcessCounts): readonly string[] {
  const { gateways, workers } = namesOf(counts);
  return [
    ...gateways.flatMap((name) => SHARED.map((whom) => `${name} → ${whom}`)),
    ...gateways.map((name) => `clients → ${name}`),
    ...workers.flatMap((name) => [...SHARED, ...BACKENDS].map((whom) => `${name} → ${whom}`)),
  ];
}
