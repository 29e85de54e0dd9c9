import type { Job } from '@darkroom/protocol';

/** What a page says of itself: title, description and Open Graph, for link previews and search. */
export interface PageHead {
  readonly title: string;
  readonly description: string;
  /** Absolute. */
  readonly imageUrl: string;
  /** Absolute. */
  readonly url: string;
  /** Pages of one job are nobody's search result. */
  readonly indexed: boolean;
}

const HOME = { title: 'Generate Images', description: 'Start an image generation job and track it live.' };
const PROGRESS = { title: 'Generation Progress', description: 'Live status updates and results for your job.' };
const DEFAULT_IMAGE = '/og.png';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

const STATUS_WORDS: Readonly<Record<Job['status'], string>> = {
  queued: 'Queued',
  running: 'Running',
  uploading: 'Uploading',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const shorten = (text: string, max: number) => (text.length <= max ? text : `${text.slice(0, max - 1).trimEnd()}…`);

/** Titles of the pages that are not a job's. */
const PAGE_TITLES: Readonly<Record<string, { title: string; description: string }>> = {
  '/': HOME,
  '/chat': {
    title: 'Chat',
    description: 'Talk to your generator: pictures appear in the conversation as they are made.',
  },
  '/history': { title: 'History', description: 'Every picture made here, newest first.' },
  '/status': { title: 'Status', description: 'How the server and its backends are doing, as it happens.' },
  '/docs': { title: 'API Docs', description: 'Create jobs and watch them live from your own code.' },
};

/** Head of a page by its path. `base` is the server's public address, without a slash at the end. */
export function pageHead(path: string, base: string): PageHead {
  const known = PAGE_TITLES[path];
  return {
    ...(known ?? HOME),
    imageUrl: `${base}${DEFAULT_IMAGE}`,
    url: `${base}${known === undefined ? '/' : path}`,
    indexed: known !== undefined,
  };
}

/** Head of a job's page: its status, prompt and newest picture, so that a shared link shows them. */
export function jobHead(jobId: string, job: Job | undefined, base: string): PageHead {
  const url = `${base}/jobs/${jobId}`;
  if (job === undefined) return { ...PROGRESS, imageUrl: `${base}${DEFAULT_IMAGE}`, url, indexed: false };
  const percent = job.status === 'running' && job.percent !== undefined ? ` ${Math.round(job.percent)}%` : '';
  const picture = job.resultUrls?.[0] ?? job.previewUrl ?? DEFAULT_IMAGE;
  return {
    title: PROGRESS.title,
    description: `${STATUS_WORDS[job.status]}${percent}: “${shorten(job.prompt, 160)}”. ${PROGRESS.description}`,
    imageUrl: `${base}${picture}`,
    url,
    indexed: false,
  };
}

/** The tags, for the place that `index.html` leaves for them. */
export function headTags({ title, description, imageUrl, url, indexed }: PageHead): string {
  const property = (name: string, content: string) => `<meta property="${name}" content="${escapeHtml(content)}">`;
  return [
    `<title>${escapeHtml(title)}</title>`,
    `<meta name="description" content="${escapeHtml(description)}">`,
    indexed ? '' : '<meta name="robots" content="noindex">',
    property('og:type', 'website'),
    property('og:site_name', 'Darkroom'),
    property('og:title', title),
    property('og:description', description),
    property('og:image', imageUrl),
    property('og:url', url),
    '<meta name="twitter:card" content="summary_large_image">',
  ]
    .filter((tag) => tag !== '')
    .join('\n    ');
}
