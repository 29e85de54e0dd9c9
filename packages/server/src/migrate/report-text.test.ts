import { expect, it } from 'vitest';
import { Findings } from './findings.ts';
import type { MigrationReport } from './migration.ts';
import { reportText } from './report-text.ts';

const side = (count: number, digit: string) => ({ count, digest: digit.repeat(64) });
const same = (count: number, digit: string) => ({ source: side(count, digit), target: side(count, digit) });

const REPORT: MigrationReport = {
  tables: {
    jobs: same(1_234, 'a'),
    events: same(30_000, 'b'),
    conversations: same(1, 'c'),
    messages: same(2, 'd'),
    settings: same(1, 'e'),
  },
  pictures: same(2_468, 'f'),
  bytes: 12_345_678,
  written: { rows: 31_238, pictures: 2_468 },
  differences: new Findings(),
  lost: new Findings(),
};

function findings(count: number): Findings {
  const found = new Findings();
  for (let index = 1; index <= count; index++) found.add(`thing ${index}`);
  return found;
}

const lastLine = (text: string) => text.split('\n').at(-1);

it('shows both sides, and says what was carried', () => {
  expect(reportText(REPORT, false, 75_000)).toBe(`
                    source      target   sha256
jobs                 1,234       1,234   aaaaaaaaaaaa
events              30,000      30,000   bbbbbbbbbbbb
conversations            1           1   cccccccccccc
messages                 2           2   dddddddddddd
settings                 1           1   eeeeeeeeeeee
pictures             2,468       2,468   ffffffffffff   12 MB

Carried 31,238 rows and 2,468 pictures; both sides are the same (1 min 15 s).
Start Darkroom on the new place, and keep the old one until you have seen it work.`);
});

it('says when nothing was to be done', () => {
  const report = { ...REPORT, written: { rows: 0, pictures: 0 } };
  expect(lastLine(reportText(report, false, 900))).toBe(
    'Everything was there already, and is the same; nothing was changed (0.9 s).',
  );
  expect(lastLine(reportText(report, true, 900))).toBe('Source and target are the same (0.9 s).');
});

it('names what is wrong, and only the first of much', () => {
  const pictures = { source: side(2_468, 'f'), target: side(2_466, '0') };
  const text = reportText({ ...REPORT, pictures, differences: findings(2), lost: findings(1_025) }, true, 900);
  expect(text).toContain('\npictures             2,468       2,466   ffffffffffff ≠ 000000000000   12 MB\n');
  expect(text).toContain('\nNot the same (2):\n  thing 1\n  thing 2\n');
  expect(text).toContain('\nPictures that the source itself lacks (1,025):\n  thing 1\n');
  expect(text).toContain('\n  thing 20\n  … and 1,005 more\n');
  expect(lastLine(text)).toBe('Source and target are not the same (0.9 s).');
});

it('says when what arrived is not what was sent', () => {
  const text = reportText({ ...REPORT, tables: undefined, differences: findings(1) }, false, 900);
  expect(text).not.toContain('jobs');
  expect(lastLine(text)).toBe('Not carried: what arrived is not what was sent (0.9 s).');
});
