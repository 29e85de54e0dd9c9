import { clsx } from 'clsx';
import { CircleAlert, CircleCheck, CircleDashed, Hourglass, Moon } from 'lucide-react';
import { type BackendHealth, healthText } from '../../lib/backend-text.ts';
import { Badge } from '../../ui/badge.tsx';

const LOOK = {
  ready: { icon: CircleCheck, frame: 'border-success/40 bg-success/12', mark: 'text-success' },
  busy: { icon: Hourglass, frame: 'border-primary/40 bg-primary/12', mark: 'text-primary' },
  trying: { icon: CircleDashed, frame: 'border-warning/40 bg-warning/12', mark: 'text-warning' },
  resting: { icon: Moon, frame: 'border-warning/40 bg-warning/12', mark: 'text-warning' },
  down: { icon: CircleAlert, frame: 'border-error/40 bg-error/12', mark: 'text-error' },
} as const;

/** A backend's health, told by colour, icon and word. */
export function HealthPill({ health }: { health: BackendHealth }) {
  const { icon: Icon, frame, mark } = LOOK[health];
  return (
    <Badge data-health={health} className={clsx('text-text!', frame)}>
      <Icon aria-hidden="true" className={clsx('size-3.5', mark)} />
      {healthText(health)}
    </Badge>
  );
}
