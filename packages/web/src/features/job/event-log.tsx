import type { ProgressEvent } from '@darkroom/protocol';
import { ArrowDown } from 'lucide-react';
import { memo } from 'react';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { Button } from '../../ui/button.tsx';
import { Card, CardHeader } from '../../ui/card.tsx';
import { EventRow } from './event-row.tsx';
import { eventText, type JobShape } from './event-text.ts';
import { ROW_PX, useLogWindow } from './use-log-window.ts';

interface EventLogProps {
  readonly events: readonly ProgressEvent[];
  readonly shape: JobShape;
  /** The event whose preview is shown. */
  readonly shownSeq: number | undefined;
  readonly onShow: (seq: number) => void;
}

function Spacer({ rows }: { rows: number }) {
  if (rows <= 0) return null;
  return (
    <tbody aria-hidden="true">
      <tr>
        <td colSpan={5} style={{ height: rows * ROW_PX }} />
      </tr>
    </tbody>
  );
}

function Head() {
  const cell = 'sticky top-0 z-10 border-border border-b bg-surface font-medium text-muted text-small';
  return (
    <thead>
      <tr aria-rowindex={1} className="h-9 text-left">
        <th scope="col" className={`${cell} w-20 pl-4 sm:w-24 sm:pl-5`}>
          {t('log.time')}
        </th>
        <th scope="col" className={`${cell} w-[4.5rem] pl-2 sm:w-20`}>
          {t('log.stage')}
        </th>
        <th scope="col" className={`${cell} pl-2`}>
          {t('log.message')}
        </th>
        <th scope="col" className={`${cell} w-11 pl-2 text-right`}>
          <span aria-hidden="true">{t('log.percent')}</span>
          <span className="sr-only">{t('log.percent.long')}</span>
        </th>
        <th scope="col" className={`${cell} w-10 sm:w-12`}>
          <span className="sr-only">{t('log.preview')}</span>
        </th>
      </tr>
    </thead>
  );
}

/** Every event of the job. However many there are, only those in sight are in the page. */
export const EventLog = memo(function EventLog({ events, shape, shownSeq, onShow }: EventLogProps) {
  useLanguage();
  const view = useLogWindow(events.length);
  return (
    <Card aria-labelledby="events" className="relative overflow-hidden">
      <CardHeader id="events" title={t('log.title')}>
        <span className="text-muted text-small tabular">{t('log.count', { count: events.length })}</span>
      </CardHeader>
      <p id="events-help" className="sr-only">
        {t('log.help')}
      </p>
      <div
        ref={view.box}
        onScroll={view.onScroll}
        className="max-h-80 overflow-y-auto overscroll-contain border-border border-t"
      >
        <table
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose rows take the focus is a grid
          role="grid"
          aria-labelledby="events"
          aria-describedby="events-help"
          aria-rowcount={events.length + 1}
          onKeyDown={view.onKeyDown}
          className="w-full table-fixed border-separate border-spacing-0"
        >
          <Head />
          <Spacer rows={view.first} />
          <tbody>
            {events.slice(view.first, view.last).map((event, offset) => (
              <EventRow
                key={event.id}
                event={event}
                message={eventText(events, view.first + offset, shape)}
                index={view.first + offset}
                tabbable={view.first + offset === view.tabStop}
                shown={event.seq === shownSeq}
                onShow={onShow}
                onFocus={view.focus}
              />
            ))}
          </tbody>
          <Spacer rows={events.length - view.last} />
        </table>
        {events.length === 0 && <p className="px-4 py-6 text-center text-muted sm:px-5">{t('log.empty')}</p>}
      </div>
      {!view.atEnd && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <Button size="sm" onClick={view.toEnd} className="pointer-events-auto animate-rise">
            <ArrowDown aria-hidden="true" />
            {t('log.latest')}
          </Button>
        </div>
      )}
    </Card>
  );
});
