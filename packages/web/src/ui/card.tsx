import { clsx } from 'clsx';
import type { ComponentProps, ReactNode } from 'react';

/** A surface with a border. */
export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return <section className={clsx('rounded-card border border-border bg-surface shadow-card', className)} {...rest} />;
}

/** A card's heading, with room for an action or a note at its end. */
export function CardHeader({ id, title, children }: { id?: string; title: string; children?: ReactNode }) {
  return (
    <header className="flex min-h-14 flex-wrap items-center justify-between gap-x-3 gap-y-1 px-4 py-2.5 sm:px-5">
      <h2 id={id} className="font-semibold text-h2">
        {title}
      </h2>
      {children}
    </header>
  );
}
