import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly body: string;
  readonly actions: ReactNode;
  /** `h1` where it is the whole page. */
  readonly heading?: 'h1' | 'h2';
}

/** There is nothing to show, why, and where to go from here. */
export function EmptyState({ icon: Icon, title, body, actions, heading: Heading = 'h2' }: EmptyStateProps) {
  return (
    <div className="mx-auto flex max-w-md animate-fade-in flex-col items-center py-16 text-center sm:py-24">
      <span className="grid size-14 place-items-center rounded-card border border-border bg-surface shadow-card">
        <Icon aria-hidden="true" className="size-6 text-primary" />
      </span>
      <Heading className="mt-5 font-semibold text-h2">{title}</Heading>
      <p className="mt-1.5 text-muted">{body}</p>
      <div className="mt-6 flex flex-wrap justify-center gap-2">{actions}</div>
    </div>
  );
}
