import { clsx } from 'clsx';
import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';
import { controlClass } from './field.tsx';

/** A choice of one. The browser's own, for its keyboard, touch and screen reader behaviour. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return (
    <div className={clsx('relative', className)}>
      <select className={clsx(controlClass, 'h-9 appearance-none truncate pr-8 pl-3')} {...rest} />
      <ChevronDown aria-hidden="true" className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-muted" />
    </div>
  );
}
