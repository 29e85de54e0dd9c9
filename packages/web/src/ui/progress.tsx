import { clsx } from 'clsx';

const FILL = {
  active: 'bg-linear-to-r from-primary-hover to-primary',
  success: 'bg-success',
  error: 'bg-error',
  idle: 'bg-border-strong',
} as const;

interface ProgressProps {
  /** 0–100; undefined: under way, nobody knows how far. */
  readonly value: number | undefined;
  readonly label: string;
  readonly tone?: keyof typeof FILL;
  /** Jumps to its value: in a list of many, moving bars cost more than they show. */
  readonly instant?: boolean;
}

/** How far something is. */
export function Progress({ value, label, tone = 'active', instant = false }: ProgressProps) {
  const known = value !== undefined;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? Math.round(value) : undefined}
      className={clsx('h-2 overflow-hidden rounded-full', known ? 'bg-border' : 'shimmer')}
    >
      <div
        className={clsx(
          'h-full origin-left rounded-full',
          !instant && 'transition-transform duration-300 ease-out',
          FILL[tone],
        )}
        style={{ transform: `scaleX(${(value ?? 0) / 100})` }}
      />
    </div>
  );
}
