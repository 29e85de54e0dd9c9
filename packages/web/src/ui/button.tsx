import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';
import { Spinner } from './spinner.tsx';

/** The look of a button, for links that should look like one. */
export const buttonClass = cva(
  [
    'inline-flex shrink-0 select-none items-center justify-center gap-2 whitespace-nowrap rounded-control font-medium',
    'transition-[background-color,border-color,color,opacity] duration-150',
    'focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-primary',
    'disabled:cursor-not-allowed disabled:opacity-40 [&_svg]:shrink-0',
  ],
  {
    variants: {
      variant: {
        primary: 'bg-primary text-on-primary shadow-primary hover:enabled:bg-primary-hover [a&]:hover:bg-primary-hover',
        secondary:
          'border border-border bg-raised text-text shadow-card hover:enabled:border-border-strong hover:enabled:bg-border [a&]:hover:border-border-strong [a&]:hover:bg-border',
        ghost: 'text-muted hover:enabled:bg-raised hover:enabled:text-text [a&]:hover:bg-raised [a&]:hover:text-text',
        danger: 'border border-error/40 bg-error/10 text-error hover:enabled:bg-error/20',
      },
      size: {
        sm: 'h-8 px-2.5 text-small [&_svg]:size-3.5',
        md: 'h-9 px-3.5 text-body [&_svg]:size-4',
        lg: 'h-11 px-5 text-body [&_svg]:size-4',
        icon: 'size-8 [&_svg]:size-4',
      },
    },
    defaultVariants: { variant: 'secondary', size: 'md' },
  },
);

type ButtonProps = ComponentProps<'button'> & VariantProps<typeof buttonClass> & { loading?: boolean };

/** A button; `loading` shows a spinner and takes no further presses. */
export function Button({ variant, size, loading = false, className, disabled, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={buttonClass({ variant, size, className })}
      disabled={disabled === true || loading}
      aria-busy={loading || undefined}
      {...rest}
    >
      {loading && <Spinner />}
      {children}
    </button>
  );
}
