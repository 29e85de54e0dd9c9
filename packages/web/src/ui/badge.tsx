import { clsx } from 'clsx';
import type { ComponentProps } from 'react';

/** A short fact. */
export function Badge({ className, ...rest }: ComponentProps<'span'>) {
  return (
    <span
      className={clsx(
        'inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full border border-border bg-raised px-2.5 font-medium text-muted text-small',
        className,
      )}
      {...rest}
    />
  );
}
