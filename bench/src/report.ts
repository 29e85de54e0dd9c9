import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Figure, median, ratioOf } from './figures.ts';

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

function rounded(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

const WIDTHS = [58, 13, 13, 7] as const;
const line = (cells: readonly string[], note = '') =>
  `${cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i] ?? 0))).join('')}  ${note}`;

export function printHeader(): void {
  console.log(line(['', 'Darkroom', 'yardstick', 'ratio']));
}

/** One line: both medians, and the median of the rounds' ratios. */
export function printFigure(figure: Figure): void {
  const { name, unit, better, darkroom, yardstick } = figure;
  const ratio = ratioOf(figure);
  const cells = [
    `${name} (${unit})`,
    rounded(median(darkroom)),
    yardstick === undefined ? '' : rounded(median(yardstick)),
    ratio === undefined ? '' : ratio.toFixed(2),
  ];
  console.log(line(cells, `${better} is better`));
}

/** Writes every round of every figure, with the machine it was measured on. Answers where. */
export function writeResults(figures: readonly Figure[]): string {
  mkdirSync(RESULTS, { recursive: true });
  const date = new Date().toISOString();
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model };
  const file = `${RESULTS}${date.replaceAll(':', '-').slice(0, 19)}.json`;
  const rows = figures.map((figure) => ({ ...figure, ratio: ratioOf(figure) }));
  writeFileSync(file, `${JSON.stringify({ date, machine, figures: rows }, undefined, 2)}\n`);
  return file;
}
