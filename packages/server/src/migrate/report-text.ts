import type { Comparison, Holding } from './check-rows.ts';
import { bytes, count, duration } from './figures.ts';
import type { Findings } from './findings.ts';
import type { MigrationReport } from './migration.ts';

const DIGEST_CHARS = 12;

const short = ({ digest }: Holding) => digest.slice(0, DIGEST_CHARS);

function row(what: string, { source, target }: Comparison, size = ''): string {
  const digest = source.digest === target.digest ? short(source) : `${short(source)} ≠ ${short(target)}`;
  const counts = [source.count, target.count].map((value) => count(value).padStart(12));
  return `${what.padEnd(14)}${counts.join('')}   ${digest.padEnd(DIGEST_CHARS)}   ${size}`.trimEnd();
}

function table({ tables, pictures, bytes: size }: MigrationReport): readonly string[] {
  const head = `${''.padEnd(14)}${'source'.padStart(12)}${'target'.padStart(12)}   sha256`;
  const rows = tables === undefined ? [] : Object.entries(tables).map(([name, comparison]) => row(name, comparison));
  return ['', head, ...rows, row('pictures', pictures, bytes(size)), ''];
}

function list(title: string, { named, count: found }: Findings): readonly string[] {
  if (found === 0) return [];
  const more = found > named.length ? [`  … and ${count(found - named.length)} more`] : [];
  return [`${title} (${count(found)}):`, ...named.map((name) => `  ${name}`), ...more, ''];
}

function verdict({ written, differences }: MigrationReport, readOnly: boolean, elapsedMs: number): string {
  const time = `(${duration(elapsedMs)})`;
  if (differences.count > 0)
    return readOnly
      ? `Source and target are not the same ${time}.`
      : `Not carried: what arrived is not what was sent ${time}.`;
  if (readOnly) return `Source and target are the same ${time}.`;
  if (written.rows + written.pictures === 0)
    return `Everything was there already, and is the same; nothing was changed ${time}.`;
  return (
    `Carried ${count(written.rows)} rows and ${count(written.pictures)} pictures; both sides are the same ${time}.\n` +
    'Start Darkroom on the new place, and keep the old one until you have seen it work.'
  );
}

/** What came out, for people: a table of both sides, what is wrong by name, and a verdict. */
export function reportText(report: MigrationReport, readOnly: boolean, elapsedMs: number): string {
  return [
    ...table(report),
    ...list('Not the same', report.differences),
    ...list('Pictures that the source itself lacks', report.lost),
    verdict(report, readOnly, elapsedMs),
  ].join('\n');
}
