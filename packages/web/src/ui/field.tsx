import { clsx } from 'clsx';
import { type ComponentProps, type ReactNode, useId } from 'react';

/** The look of everything that takes input. */
export const controlClass = clsx(
  'w-full rounded-control border border-border bg-sunken text-body text-text placeholder:text-muted/80',
  'transition-colors duration-150 hover:border-border-strong',
  'focus-visible:border-primary focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-primary',
  'aria-invalid:border-error disabled:cursor-not-allowed disabled:opacity-40',
);

/** What a control in a field must carry, so that its label and its error belong to it. */
export interface ControlProps {
  readonly id: string;
  readonly 'aria-invalid': true | undefined;
  readonly 'aria-describedby': string | undefined;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  /** What is worth knowing of the value as it is. */
  readonly note?: string | undefined;
  readonly children: (control: ControlProps) => ReactNode;
}

/** A label above a control, and what is wrong with its value below. */
export function Field({ label, hint, error, note, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const invalid = error !== undefined;
  const said = error ?? note;
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="font-medium text-muted text-small">
          {label}
        </label>
        {hint !== undefined && <span className="text-muted text-small tabular">{hint}</span>}
      </div>
      {children({
        id,
        'aria-invalid': invalid || undefined,
        'aria-describedby': said === undefined ? undefined : noteId,
      })}
      {said !== undefined && (
        <p id={noteId} className={clsx('text-small', invalid ? 'text-error' : 'text-muted')}>
          {said}
        </p>
      )}
    </div>
  );
}

/** One line of text or a number. */
export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={clsx(controlClass, 'h-9 px-3', className)} {...rest} />;
}
