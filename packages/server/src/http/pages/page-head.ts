import { type Job, type Language, USER_META } from '@darkroom/protocol';
import { PAGE_TEXTS } from './page-texts.ts';

/** What a page says of itself: title, description and Open Graph, for link previews and search. */
export interface PageHead {
  readonly language: Language;
  readonly title: string;
  readonly description: string;
  /** Absolute. */
  readonly imageUrl: string;
  /** Absolute. */
  readonly url: string;
  /** Pages of one job are nobody's search result. */
  readonly indexed: boolean;
  /** The name of whoever is signed in: the app reads it before it asks anything. */
  readonly user?: string | undefined;
}

const OG_LOCALES: Readonly<Record<Language, string>> = { en: 'en_GB', tr: 'tr_TR' };
const DEFAULT_IMAGE = '/og.png';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

const shorten = (text: string, max: number) => (text.length <= max ? text : `${text.slice(0, max - 1).trimEnd()}…`);

/** Whom a head is for: the reader's language, and the server's public address without a slash at the end. */
export interface Reader {
  readonly language: Language;
  readonly base: string;
}

/** Head of a page by its path. */
export function pageHead(path: string, { language, base }: Reader): PageHead {
  const { home, others } = PAGE_TEXTS[language];
  const known = path === '/' ? home : others[path];
  return {
    language,
    ...(known ?? home),
    imageUrl: `${base}${DEFAULT_IMAGE}`,
    url: `${base}${known === undefined ? '/' : path}`,
    indexed: known !== undefined,
  };
}

const percentText = (percent: number, language: Language) =>
  new Intl.NumberFormat(language, { style: 'percent' }).format(Math.round(percent) / 100);

/** Head of a job's page: its status, prompt and newest picture, so that a shared link shows them. */
export function jobHead(jobId: string, job: Job | undefined, { language, base }: Reader): PageHead {
  const { progress, statuses } = PAGE_TEXTS[language];
  const page = { language, title: progress.title, url: `${base}/jobs/${jobId}`, indexed: false };
  if (job === undefined) return { ...page, description: progress.description, imageUrl: `${base}${DEFAULT_IMAGE}` };
  const percent = job.status === 'running' && job.percent !== undefined ? ` ${percentText(job.percent, language)}` : '';
  const picture = job.resultUrls?.[0] ?? job.previewUrl ?? DEFAULT_IMAGE;
  return {
    ...page,
    description: `${statuses[job.status]}${percent}: “${shorten(job.prompt, 160)}”. ${progress.description}`,
    imageUrl: `${base}${picture}`,
  };
}

/** The tags, for the place that `index.html` leaves for them. */
export function headTags({ language, title, description, imageUrl, url, indexed, user }: PageHead): string {
  const property = (name: string, content: string) => `<meta property="${name}" content="${escapeHtml(content)}">`;
  return [
    `<title>${escapeHtml(title)}</title>`,
    `<meta name="description" content="${escapeHtml(description)}">`,
    indexed ? '' : '<meta name="robots" content="noindex">',
    property('og:type', 'website'),
    property('og:site_name', 'Darkroom'),
    property('og:locale', OG_LOCALES[language]),
    property('og:title', title),
    property('og:description', description),
    property('og:image', imageUrl),
    property('og:url', url),
    '<meta name="twitter:card" content="summary_large_image">',
    user === undefined ? '' : `<meta name="${USER_META}" content="${escapeHtml(user)}">`,
  ]
    .filter((tag) => tag !== '')
    .join('\n    ');
}
