import { formatDuration, formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import type { CurrentNotice } from '../../lib/current-notice.ts';
import { useNow } from '../../lib/use-now.ts';
import type { Picture } from './model/picture.ts';

/** “trying again in 2 sec (1 of 3)”, counted down. */
function Retry({ notice }: { notice: CurrentNotice }) {
  const { since, inMs = 0, retry = 1, retries = 1, provider = '' } = notice;
  const left = Math.min(inMs, Date.parse(since) + inMs - useNow());
  const names = { provider, retry, retries };
  if (left <= 0) return t('chat.picture.retry.now', names);
  return t('chat.picture.retry', { ...names, duration: formatDuration(left) });
}

function Passed({ since }: { since: string }) {
  return t('chat.picture.passed', { duration: formatDuration(useNow() - Date.parse(since)) });
}

function queuedText({ place }: Picture): string {
  if (place === undefined) return t('chat.picture.queued');
  const { position, etaMs } = place;
  const where = position === 1 ? t('chat.picture.next') : t('chat.picture.place', { position });
  if (etaMs === undefined) return where;
  return `${where} · ${t('chat.picture.eta', { duration: formatDuration(etaMs) })}`;
}

function waitingText({ provider = '', position }: CurrentNotice): string {
  if (position === undefined) return t('chat.picture.waiting', { provider });
  return t('chat.picture.waiting.place', { provider, position });
}

/** What is known of the backend that is at work. */
interface Working {
  /** It does not tell how far it is. */
  readonly untold: boolean;
  /** How long such pictures usually take there, ms. */
  readonly usual: number | undefined;
}

/** Until the picture's own pace can be told, what others took. */
function usualText(usual: number | undefined): string {
  return usual === undefined ? '' : t('chat.picture.usual', { duration: formatDuration(usual) });
}

function workingText({ urls, count, percent, leftMs }: Picture, { untold, usual }: Working): string {
  const of = count > 1 ? t('chat.picture.of', { index: Math.min(count, urls.length + 1), count }) : '';
  const far = untold || percent === 0 ? t('chat.picture.working') : formatPercent(percent);
  const left = leftMs === undefined ? usualText(usual) : t('chat.picture.left', { duration: formatDuration(leftMs) });
  return [of, far, left].filter(Boolean).join(' · ');
}

function Notice({ picture, notice }: { picture: Picture; notice: CurrentNotice }) {
  const { provider = '' } = notice;
  switch (notice.kind) {
    case 'waiting':
      return waitingText(notice);
    case 'retry':
      return <Retry notice={notice} />;
    case 'failover':
      return t('chat.picture.failover', { provider });
    case 'reattach':
      return picture.percent > 0
        ? workingText(picture, { untold: false, usual: undefined })
        : t('chat.picture.reattach');
  }
}

/** Where a picture under way stands, in words. */
export function PictureState({ picture, untold, usual }: Working & { readonly picture: Picture }) {
  const { status, notice, since, lost, silent } = picture;
  if (lost) return t('chat.picture.lost');
  if (silent && status === 'processing') return t('chat.picture.silent');
  if (notice !== undefined) return <Notice picture={picture} notice={notice} />;
  if (status === 'queued') return queuedText(picture);
  return (
    <>
      {workingText(picture, { untold, usual })}
      {untold && since !== undefined && (
        <>
          {' · '}
          <Passed since={since} />
        </>
      )}
    </>
  );
}
