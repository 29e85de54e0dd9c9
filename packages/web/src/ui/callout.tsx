import { clsx } from 'clsx';
import { CircleAlert, CircleCheck, CircleSlash, Info, RefreshCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

const TONES = {
  info: { icon: Info, frame: 'border-primary/35 bg-primary/8', mark: 'text-primary' },
  busy: { icon: RefreshCw, frame: 'border-warning/35 bg-warning/8', mark: 'animate-spin text-warning' },
  warning: { icon: TriangleAlert, frame: 'border-warning/35 bg-warning/8', mark: 'text-warning' },
  success: { icon: CircleCheck, frame: 'border-success/35 bg-success/8', mark: 'text-success' },
  error: { icon: CircleAlert, frame: 'border-error/40 bg-error/8', mark: 'text-error' },
  neutral: { icon: CircleSlash, frame: 'border-border-strong bg-raised', mark: 'text-muted' },
} as const;

export type Tone = keyof typeof TONES;

interface CalloutProps {
  readonly tone: Tone;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  /** Buttons; they stand at the end, or below where there is no room. */
  readonly actions?: ReactNode;
  readonly role?: 'alert';
}

/** A message in the page, with what can be done about it. */
export function Callout({ tone, title, children, actions, role }: CalloutProps) {
  const { icon: Icon, frame, mark } = TONES[tone];
  return (
    <div
      role={role}
      data-tone={tone}
      className={clsx('flex animate-rise flex-wrap items-center gap-x-4 gap-y-3 rounded-card border px-4 py-3', frame)}
    >
      <div className="flex min-w-0 flex-[1_1_18rem] gap-3">
        <Icon aria-hidden="true" className={clsx('mt-0.5 size-4 shrink-0', mark)} />
        <div className="min-w-0">
          <p className="font-medium text-text">{title}</p>
          {children !== undefined && <div className="mt-0.5 text-muted">{children}</div>}
        </div>
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}
