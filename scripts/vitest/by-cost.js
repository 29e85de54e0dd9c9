import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaseSequencer } from 'vitest/node';

/** Milliseconds that slow test files took in a run of everything; only their ratios count. */
export const COSTS = fileURLToPath(new URL('file-costs.json', import.meta.url));

/** What test files cost, by their paths. */
export const readCosts = () => (existsSync(COSTS) ? JSON.parse(readFileSync(COSTS, 'utf8')) : {});

const groupOf = (spec) => spec.project.config.sequence.groupOrder;

/**
 * Starts the most expensive files first, so that none is left to run alone at the end. Vitest does so by itself from the
 * second run on a machine; this order holds for the first one, as in continuous integration.
 */
export class ByCost extends BaseSequencer {
  async sort(specs) {
    const costs = readCosts();
    const costOf = (spec) => costs[relative(this.ctx.config.root, spec.moduleId)] ?? 0;
    const sorted = await super.sort(specs);
    return sorted.sort((a, b) => groupOf(a) - groupOf(b) || costOf(b) - costOf(a));
  }
}
