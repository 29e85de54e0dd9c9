import { JobStatus } from '@darkroom/protocol';
import { Search } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { Input } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { statusText } from '../../ui/status-pill.tsx';
import type { JobFilter } from './job-filter.ts';

interface HistoryToolbarProps {
  readonly filter: JobFilter;
  readonly onChange: (filter: JobFilter) => void;
}

/** Search and status filter. */
export function HistoryToolbar({ filter, onChange }: HistoryToolbarProps) {
  const chooseStatus = (value: string) => {
    onChange({ ...filter, status: JobStatus.options.find((status) => status === value) ?? 'all' });
  };
  return (
    <div className="flex flex-1 flex-wrap gap-3 sm:max-w-md">
      <div className="relative min-w-40 flex-1">
        <Search aria-hidden="true" className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted" />
        <Input
          type="search"
          aria-label={t('history.search')}
          placeholder={t('history.search')}
          value={filter.text}
          onChange={(event) => onChange({ ...filter, text: event.target.value })}
          className="pl-9!"
        />
      </div>
      <Select
        aria-label={t('history.filter')}
        value={filter.status}
        onChange={(event) => chooseStatus(event.target.value)}
        className="w-40"
      >
        <option value="all">{t('history.filter.all')}</option>
        {JobStatus.options.map((status) => (
          <option key={status} value={status}>
            {statusText(status)}
          </option>
        ))}
      </Select>
    </div>
  );
}
