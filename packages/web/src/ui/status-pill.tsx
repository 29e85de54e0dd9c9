import type { JobStatus } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { type PlainKey, t } from '../i18n/translate.ts';
import { Badge } from './badge.tsx';

const LOOK: Readonly<Record<JobStatus, { readonly key: PlainKey; readonly frame: string; readonly dot: string }>> = {
  queued: { key: 'status.queued', frame: 'border-border-strong bg-raised text-text', dot: 'bg-muted' },
  running: {
    key: 'status.running',
    frame: 'border-primary/40 bg-primary/12 text-text',
    dot: 'bg-primary animate-pulse',
  },
  uploading: {
    key: 'status.uploading',
    frame: 'border-primary/40 bg-primary/12 text-text',
    dot: 'bg-primary animate-pulse',
  },
  completed: { key: 'status.completed', frame: 'border-success/40 bg-success/12 text-text', dot: 'bg-success' },
  failed: { key: 'status.failed', frame: 'border-error/40 bg-error/12 text-text', dot: 'bg-error' },
  cancelled: { key: 'status.cancelled', frame: 'border-border-strong bg-raised text-muted', dot: 'bg-border-strong' },
};

/** A status in the reader's language. */
export function statusText(status: JobStatus): string {
  return t(LOOK[status].key);
}

/** A job's status, told by colour and by word. */
export function StatusPill({ status, className }: { status: JobStatus; className?: string }) {
  const { frame, dot } = LOOK[status];
  return (
    <Badge data-status={status} className={clsx(frame, className)}>
      <span aria-hidden="true" className={clsx('size-1.5 rounded-full', dot)} />
      {statusText(status)}
    </Badge>
  );
}
