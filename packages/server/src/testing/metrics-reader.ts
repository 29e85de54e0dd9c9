import { expect } from 'vitest';

/** What `/metrics` answered: values by name and labels as they are written there, for example `up{kind="job"}`. */
export type Metrics = ReadonlyMap<string, number>;

const SAMPLE = /^([a-z_][a-z\d_]*)(\{.*\})? (\S+)$/;

/** Parses Prometheus' text format; fails the test if a line is none of it, or a metric has no help or type. */
export function parseMetrics(text: string): Metrics {
  const metrics = new Map<string, number>();
  const described = { HELP: new Set<string>(), TYPE: new Set<string>() };
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, named] = /^# (HELP|TYPE) (\w+) \S/.exec(line) ?? [];
    if (named !== undefined) {
      described[kind === 'HELP' ? 'HELP' : 'TYPE'].add(named);
      continue;
    }
    const [, name = '', labels = '', value] = SAMPLE.exec(line) ?? expect.fail(`no sample: ${line}`);
    const family = name.replace(/_(sum|count|bucket)$/, '');
    for (const names of Object.values(described)) expect(names.has(name) || names.has(family), line).toBe(true);
    metrics.set(name + labels, Number(value));
  }
  return metrics;
}

/** Asks a server for its metrics. */
export async function readMetrics(url: string): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  return parseMetrics(await response.text());
}

/** Darkroom's own whose name begins so, without `darkroom_` and without zeros; of histograms the counts alone. */
export async function readFigures(url: string, prefix: string): Promise<Record<string, number>> {
  const start = `darkroom_${prefix}`;
  const chosen = [...(await readMetrics(url))].filter(([name, value]) => name.startsWith(start) && value !== 0);
  const figures = chosen.filter(([name]) => !/_(bucket|sum)\b/.test(name));
  return Object.fromEntries(figures.map(([name, value]) => [name.slice('darkroom_'.length), value]));
}
