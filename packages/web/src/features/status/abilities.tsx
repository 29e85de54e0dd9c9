import type { ProviderCapabilities } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { Check, ChevronRight, Minus } from 'lucide-react';
import { type PlainKey, t } from '../../i18n/translate.ts';

const ABILITIES: readonly (readonly [key: PlainKey, has: (can: ProviderCapabilities) => boolean])[] = [
  ['health.ability.previews', (can) => can.previews],
  ['health.ability.progress', (can) => can.progress],
  ['health.ability.imageToImage', (can) => can.imageToImage],
  ['health.ability.negativePrompt', (can) => can.negativePrompt],
  ['health.ability.cfg', (can) => can.cfg],
  ['health.ability.steps', (can) => can.steps],
  ['health.ability.seed', (can) => can.seed],
  ['health.ability.stops', (can) => can.cancel === 'stops'],
  ['health.ability.resume', (can) => can.resume],
];

function Names({ title, names }: { title: string; names: readonly string[] }) {
  return (
    <details className="group border-border border-t">
      <summary className="flex list-none items-center gap-2 px-4 py-2.5 text-muted hover:text-text sm:px-5">
        <ChevronRight aria-hidden="true" className="size-4 transition-transform duration-150 group-open:rotate-90" />
        {title}
      </summary>
      <ul className="max-h-56 space-y-1 overflow-y-auto px-4 pb-3 pl-10 sm:px-5 sm:pl-11">
        {names.map((name) => (
          <li key={name} className="break-words font-mono text-mono">
            {name}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What a backend can do, and what it cannot. */
export function Abilities({ can }: { can: ProviderCapabilities }) {
  return (
    <ul aria-label={t('health.abilities')} className="grid grid-cols-1 gap-x-4 gap-y-1.5 min-[420px]:grid-cols-2">
      {ABILITIES.map(([key, has]) => {
        const Icon = has(can) ? Check : Minus;
        return (
          <li key={key} className={clsx('flex items-center gap-2', !has(can) && 'text-muted')}>
            <Icon aria-hidden="true" className={clsx('size-4 shrink-0', has(can) ? 'text-success' : 'text-muted')} />
            {t(key)}
            <span className="sr-only">: {t(has(can) ? 'health.ability.yes' : 'health.ability.no')}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** The names a backend knows, folded away: there may be hundreds. */
export function KnownNames({ can }: { can: ProviderCapabilities }) {
  const models = can.models ?? [];
  const samplers = can.samplers ?? [];
  return (
    <>
      {models.length > 0 && <Names title={t('health.models', { count: models.length })} names={models} />}
      {samplers.length > 0 && <Names title={t('health.samplers', { count: samplers.length })} names={samplers} />}
      {can.styles.length > 0 && <Names title={t('health.styles', { count: can.styles.length })} names={can.styles} />}
    </>
  );
}
