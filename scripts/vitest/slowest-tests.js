import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { bold, dim, duration } from '../setup/terminal.js';
import { COSTS, readCosts } from './by-cost.js';

const MOST = 10;
/** Files below this start in any order. */
const CHEAP_MS = 4_000;

const title = (test) => `${test.project.name}  ${test.fullName}`;
const millis = (test) => test.diagnostic()?.duration ?? 0;

/** What files cost, in milliseconds by their paths: those of this run, and what is known of others. */
function costsOf(modules, root) {
  const measured = modules.map((module) => [relative(root, module.moduleId), Math.round(module.diagnostic().duration)]);
  const costs = Object.entries({ ...readCosts(), ...Object.fromEntries(measured) });
  return Object.fromEntries(costs.filter(([, cost]) => cost >= CHEAP_MS).sort(([, a], [, b]) => b - a));
}

/**
 * A Vitest reporter: lists the ten slowest tests of a run. With `SAVE_TEST_COSTS=true` it also writes what the files
 * cost to `file-costs.json`.
 */
export class SlowestTests {
  onInit(vitest) {
    this.root = vitest.config.root;
  }

  onTestRunEnd(modules) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const slowest = tests.sort((a, b) => millis(b) - millis(a)).slice(0, MOST);
    if (tests.length > MOST) {
      console.log(`\n${bold(`The ${MOST} slowest of ${tests.length} tests`)}`);
      for (const test of slowest) console.log(`${duration(millis(test)).padStart(12)}  ${dim(title(test))}`);
    }
    if (process.env.SAVE_TEST_COSTS !== 'true') return;
    writeFileSync(COSTS, `${JSON.stringify(costsOf(modules, this.root), null, 2)}\n`);
  }
}
