import type { ProgressEvent } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { Image, Info } from 'lucide-react';
import { type KeyboardEvent, memo } from 'react';
import { formatPercent, formatTime } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { statusText } from '../../ui/status-pill.tsx';

interface EventRowProps {
  readonly event: ProgressEvent;
  /** What it says, in the reader's language. */
  readonly message: string;
  readonly index: number;
  readonly tabbable: boolean;
  readonly shown: boolean;
  readonly onShow: (seq: number) => void;
  readonly onFocus: (index: number) => void;
}

/** One event of the log. Enter or a click shows its preview. */
export const EventRow = memo(function EventRow(props: EventRowProps) {
  const { event, message, index, tabbable, shown, onShow, onFocus } = props;
  useLanguage();
  const { seq, ts, stage, percent } = event;
  const picture = event.previewUrl ?? event.resultUrls?.at(-1);
  const show = picture === undefined ? undefined : () => onShow(seq);
  const showOnKey = (press: KeyboardEvent) => {
    if (press.key !== 'Enter' && press.key !== ' ') return;
    press.preventDefault();
    show?.();
  };
  return (
    <tr
      data-index={index}
      data-seq={seq}
      aria-rowindex={index + 2}
      aria-selected={shown}
      tabIndex={tabbable ? 0 : -1}
      onFocus={() => onFocus(index)}
      onKeyDown={showOnKey}
      onClick={show}
      className={clsx(
        'h-9 border-border/60 border-b outline-offset-[-2px]',
        show !== undefined && 'cursor-pointer hover:bg-raised',
        shown && 'bg-primary/10',
      )}
    >
      <td className="truncate pl-4 font-mono text-mono text-muted tabular sm:pl-5">
        <time dateTime={ts}>{formatTime(ts)}</time>
      </td>
      <td className={clsx('truncate pl-2 text-small', stage === 'failed' && 'text-error')}>{statusText(stage)}</td>
      <td title={message} className="truncate pl-2 text-muted text-small">
        {event.notice !== undefined && (
          <Info aria-hidden="true" className="-mt-0.5 mr-1.5 inline size-3.5 text-warning" />
        )}
        {message}
      </td>
      <td className="pl-2 text-right text-small tabular">{percent !== undefined && formatPercent(percent)}</td>
      <td className="pr-3 text-center sm:pr-4">
        {show !== undefined && (
          <>
            <Image aria-hidden="true" className={clsx('ml-auto size-4', shown ? 'text-primary' : 'text-muted')} />
            <span className="sr-only">{t('log.show', { seq })}</span>
          </>
        )}
      </td>
    </tr>
  );
});
