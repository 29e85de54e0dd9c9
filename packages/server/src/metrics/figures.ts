import { Counter, Gauge, type Registry } from 'prom-client';

/** A value and its labels. */
export type Figure = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What a metric is, and how its figures are found when somebody asks: nothing is done before. */
export interface ReadMetric {
  /** With unit; a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly read: () => Iterable<Figure> | Promise<Iterable<Figure>>;
}

/** A metric whose figures are kept elsewhere: a counter if its name says so, else a gauge. */
export function registerRead(registry: Registry, { name, help, labelNames = [], read }: ReadMetric): void {
  const options = { name, help, labelNames, registers: [registry] };
  if (!name.endsWith('_total')) {
    new Gauge({
      ...options,
      async collect() {
        const figures = await read();
        this.reset();
        for (const [labels, value] of figures) this.set(labels, value);
      },
    });
    return;
  }
  new Counter({
    ...options,
    async collect() {
      const figures = await read();
      this.reset();
      for (const [labels, value] of figures) this.inc(labels, value);
    },
  });
}
