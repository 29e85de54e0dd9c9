import type { ImageKey } from '../images.ts';
import { parseImageUrl } from '../jobs/image-address.ts';
import { type Span, TABLE_NAMES, type TableName, type Tables } from '../tables.ts';
import { type Comparison, checkRows, type TableComparisons } from './check-rows.ts';
import { Findings } from './findings.ts';
import { namedPictures } from './named-pictures.ts';
import { pagesOf } from './pages.ts';
import { PictureCarrier } from './picture-carrier.ts';
import type { Route } from './place.ts';
import type { Progress } from './progress.ts';
import { compareRows, countDifferences, settle } from './row-differences.ts';

/** The target cannot be filled as it is; what it holds was left alone. The message is for people. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/** What came out of a run. */
export interface MigrationReport {
  /** Undefined: it did not come to that. */
  readonly tables: TableComparisons | undefined;
  readonly pictures: Comparison;
  /** Bytes of all pictures that were compared. */
  readonly bytes: number;
  /** What had to be written to the target. */
  readonly written: { readonly rows: number; readonly pictures: number };
  /** What is not the same on both sides. */
  readonly differences: Findings;
  /** Pictures that the source names and does not have. */
  readonly lost: Findings;
}

/** Carried last and all at once: without them the target looks empty, to a Darkroom too. */
const VISIBLE: readonly Exclude<TableName, 'events'>[] = ['conversations', 'messages', 'jobs', 'settings'];

/** A target with rows of these holds something; a Darkroom that only started has settings. */
const SOMEBODYS: readonly TableName[] = ['jobs', 'conversations', 'messages'];

/** Differences that a refusal names. */
const EXAMPLES = 3;

/** Rolls the last transaction back. */
const UNEQUAL = new Error('what was written is not what is read');

/** One run from a source to a target. */
class Run {
  readonly #route: Route;
  readonly #progress: Progress;
  readonly #differences = new Findings();
  readonly #lost = new Findings();
  readonly #pictures: PictureCarrier;
  #uploads: readonly ImageKey[] = [];
  #totals: Record<TableName | 'pictures', number> = {
    jobs: 0,
    events: 0,
    conversations: 0,
    messages: 0,
    settings: 0,
    pictures: 0,
  };
  #tables: TableComparisons | undefined;
  #rows = 0;

  constructor({ source, target }: Route, progress: Progress, mode: 'carry' | 'compare') {
    this.#route = { source, target };
    this.#progress = progress;
    const [differences, lost] = [this.#differences, this.#lost];
    const ends = { source: source.images, target: target.images };
    this.#pictures = new PictureCarrier({ ...ends, differences, lost, progress, readOnly: mode === 'compare' });
  }

  get report(): MigrationReport {
    return {
      tables: this.#tables,
      pictures: this.#pictures.comparison,
      bytes: this.#pictures.bytes,
      written: { rows: this.#rows, pictures: this.#pictures.sent },
      differences: this.#differences,
      lost: this.#lost,
    };
  }

  async compare(): Promise<void> {
    await this.#look();
    await this.#compareRows(this.#route.target.tables);
    this.#progress.begin('Comparing', { pictures: this.#totals.pictures });
    for await (const { span } of pagesOf(this.#route.source.tables, 'jobs')) await this.#bringPicturesOf(span);
    await this.#pictures.bring(this.#uploads);
  }

  async carry(): Promise<void> {
    const { target } = this.#route;
    await this.#look();
    const isOver = await this.#isOver();
    await this.#carryPicturesAndEvents(isOver ? 'Comparing' : 'Carrying');
    this.#refuseLostPictures();
    if (isOver || this.#differences.count > 0) return;
    for (const { tables } of Object.values(this.#route)) await tables.checkUnused();
    await target.tables
      .transaction(async (tables) => {
        await this.#carryVisible(tables);
        await this.#compareRows(tables);
        if (this.#differences.count > 0) throw UNEQUAL;
      })
      .catch((thrown: unknown) => {
        if (thrown !== UNEQUAL) throw thrown;
      });
  }

  /** What there is to be done. */
  async #look(): Promise<void> {
    const { tables, images } = this.#route.source;
    for (const table of TABLE_NAMES) this.#totals[table] = await tables.count(table);
    this.#uploads = (await images.listUploads()).flatMap((id) => parseImageUrl(`/api/uploads/${id}`) ?? []);
    this.#totals.pictures = this.#uploads.length;
    this.#progress.begin('Looking', { jobs: this.#totals.jobs });
    for await (const { span, rows } of pagesOf(tables, 'jobs')) {
      this.#totals.pictures += namedPictures(rows, await tables.read('events', span)).length;
      this.#progress.add('jobs', rows.length);
    }
  }

  /** Whether an earlier run has carried everything already. Refuses a target that holds anything else. */
  async #isOver(): Promise<boolean> {
    const { tables } = this.#route.target;
    let somebodys = 0;
    for (const table of SOMEBODYS) somebodys += await tables.count(table);
    if (somebodys === 0) return false;
    await this.#compareRows(tables);
    if (this.#differences.count === 0) return true;
    const examples = this.#differences.named.slice(0, EXAMPLES).join('; ');
    throw new MigrationRefused(
      `${tables.name} holds other data, and only an empty database can be filled (differences: ${this.#differences.count}; ${examples})`,
    );
  }

  /**
   * A job's events are written when its pictures are there, and have been read back. So the events that a target has tell
   * a later run what need not be looked at before everything else is there; it is looked at in the end.
   */
  async #carryPicturesAndEvents(stage: string): Promise<void> {
    const { source, target } = this.#route;
    const { events: total, pictures } = this.#totals;
    this.#progress.begin(stage, { events: total, pictures });
    const carriedBefore: Span[] = [];
    for await (const { span, rows } of pagesOf(source.tables, 'jobs')) {
      const events = await source.tables.read('events', span);
      const differences = compareRows('events', events, await target.tables.read('events', span));
      if (countDifferences(differences) === 0) carriedBefore.push(span);
      else {
        await this.#pictures.bring(namedPictures(rows, events));
        if (this.#differences.count > 0) return;
        await settle(target.tables, 'events', differences);
        this.#rows += countDifferences(differences);
      }
      this.#progress.add('events', events.length);
    }
    for (const span of carriedBefore) await this.#bringPicturesOf(span);
    await this.#pictures.bring(this.#uploads);
  }

  async #bringPicturesOf(span: Span): Promise<void> {
    const { tables } = this.#route.source;
    const [jobs, events] = [await tables.read('jobs', span), await tables.read('events', span)];
    await this.#pictures.bring(namedPictures(jobs, events));
  }

  /** A few lost files are a pity; all of them are a wrong option. */
  #refuseLostPictures(): void {
    const { pictures } = this.#totals;
    if (pictures > 0 && this.#lost.count === pictures)
      throw new MigrationRefused(
        `--from-images must be where the pictures are: none of the ${pictures} that the jobs name is there, for example ${this.#lost.named[0]}`,
      );
  }

  async #carryVisible(target: Tables): Promise<void> {
    const { tables } = this.#route.source;
    const { jobs, conversations, messages } = this.#totals;
    this.#progress.begin('Carrying', { conversations, messages, jobs });
    for (const table of VISIBLE) {
      for await (const { span, rows } of pagesOf(tables, table)) {
        const differences = compareRows(table, rows, await target.read(table, span));
        await settle(target, table, differences);
        this.#rows += countDifferences(differences);
        this.#progress.add(table, rows.length);
      }
    }
    await target.raiseCounters(await tables.readCounters());
  }

  async #compareRows(target: Tables): Promise<void> {
    const { jobs, events, conversations, messages } = this.#totals;
    this.#progress.begin('Comparing', { jobs, events, conversations, messages });
    const [differences, progress] = [this.#differences, this.#progress];
    this.#tables = await checkRows({ source: this.#route.source.tables, target, differences, progress });
  }
}

/**
 * Carries everything from the source to the target, and compares it. It may be cut off at any moment: the same call goes on
 * where it was, and one that has nothing left to do changes nothing. Throws a `MigrationRefused` or a `StorageError`.
 */
export async function migrate(route: Route, progress: Progress): Promise<MigrationReport> {
  const run = new Run(route, progress, 'carry');
  await run.carry();
  return run.report;
}

/** Only compares. */
export async function compare(route: Route, progress: Progress): Promise<MigrationReport> {
  const run = new Run(route, progress, 'compare');
  await run.compare();
  return run.report;
}
