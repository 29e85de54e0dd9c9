import type { ProviderStatus } from '@darkroom/protocol';
import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { backendHealth, healthText } from '../../lib/backend-text.ts';
import { Field } from '../field.tsx';
import { Select } from '../select.tsx';
import { someCan } from './offered.ts';
import type { FieldsProps } from './option-fields.tsx';

/** How the chosen backend is; where it is well, how long it takes. */
function howItIs(backend: ProviderStatus): string {
  const health = backendHealth(backend);
  if (health === 'resting') return t('advanced.backend.resting');
  if (health === 'down') return t('advanced.backend.down');
  const { meanMs } = backend;
  return meanMs === undefined ? '' : t('advanced.backend.mean', { duration: formatDuration(meanMs) });
}

/** Which backend is to do it, with what is worth knowing of the one that is chosen. */
export function BackendField({
  backends = [],
  values,
  errors,
  offered,
  onChange,
}: FieldsProps & { backends: readonly ProviderStatus[] | undefined }) {
  const chosen = backends.find(({ name }) => name === values.provider);
  const unknown = values.provider !== '' && chosen === undefined;
  const noPreviews = chosen !== undefined && !someCan(offered, ({ previews }) => previews);
  const notes = [
    values.provider === '' && backends.length > 1 ? t('advanced.backend.automatic.note') : '',
    chosen === undefined ? '' : howItIs(chosen),
    noPreviews ? t('advanced.backend.previews') : '',
  ].filter(Boolean);
  return (
    <Field
      label={t('advanced.backend')}
      error={errors.provider ?? (unknown && backends.length > 0 ? t('advanced.backend.unknown.note') : undefined)}
      note={notes.length === 0 ? undefined : notes.join(' ')}
    >
      {(control) => (
        <Select
          {...control}
          name="provider"
          value={values.provider}
          onChange={(event) => onChange({ provider: event.target.value })}
        >
          <option value="">{t('advanced.backend.automatic')}</option>
          {backends.map((backend) => (
            <option key={backend.name} value={backend.name}>
              {t('advanced.backend.choice', { name: backend.name, health: healthText(backendHealth(backend)) })}
            </option>
          ))}
          {unknown && (
            <option value={values.provider}>{t('advanced.backend.unknown', { name: values.provider })}</option>
          )}
        </Select>
      )}
    </Field>
  );
}
