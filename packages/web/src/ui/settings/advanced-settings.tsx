import { LIMITS, type ProviderStatus } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { Dices } from 'lucide-react';
import { useId } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../button.tsx';
import { controlClass, Field, Input } from '../field.tsx';
import { Select } from '../select.tsx';
import { BackendField } from './backend-field.tsx';
import { namesOf, someCan } from './offered.ts';
import type { FieldsProps } from './option-fields.tsx';
import { PictureField, type PictureFieldProps } from './picture-field.tsx';

export interface AdvancedSettingsProps extends FieldsProps, PictureFieldProps {
  readonly backends: readonly ProviderStatus[] | undefined;
}

const COUNTS = Array.from({ length: LIMITS.maxCount }, (_, index) => String(index + 1));

function CountField({ values, errors, onChange }: FieldsProps) {
  const id = useId();
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 font-medium text-muted text-small">{t('advanced.count')}</legend>
      <div className="flex h-9 gap-1 rounded-control border border-border bg-sunken p-1">
        {COUNTS.map((count) => (
          <label
            key={count}
            htmlFor={`${id}-${count}`}
            className={clsx(
              'relative grid flex-1 cursor-pointer place-items-center rounded-md font-medium tabular transition-colors duration-150',
              'has-focus-visible:outline-2 has-focus-visible:outline-primary',
              values.count === count ? 'bg-border text-text' : 'text-muted hover:bg-raised hover:text-text',
            )}
          >
            <input
              id={`${id}-${count}`}
              type="radio"
              name="count"
              value={count}
              checked={values.count === count}
              onChange={() => onChange({ count })}
              className="absolute inset-0 cursor-pointer appearance-none rounded-md"
            />
            {count}
          </label>
        ))}
      </div>
      {errors.count !== undefined && <p className="mt-1.5 text-error text-small">{errors.count}</p>}
    </fieldset>
  );
}

function chance(): string {
  return String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
}

function SeedField({ values, errors, offered, onChange }: FieldsProps) {
  const heeded = someCan(offered, ({ seed }) => seed);
  return (
    <Field label={t('advanced.seed')} error={errors.seed} note={heeded ? undefined : t('advanced.seed.ignored')}>
      {(control) => (
        <div className="flex gap-1.5">
          <Input
            {...control}
            name="seed"
            inputMode="numeric"
            autoComplete="off"
            placeholder={t('advanced.seed.placeholder')}
            disabled={!heeded}
            value={values.seed}
            onChange={(event) => onChange({ seed: event.target.value })}
            className="min-w-0 tabular"
          />
          <Button
            aria-label={t('advanced.seed.dice')}
            title={t('advanced.seed.dice')}
            disabled={!heeded}
            onClick={() => onChange({ seed: chance() })}
            className="w-9 px-0!"
          >
            <Dices aria-hidden="true" />
          </Button>
        </div>
      )}
    </Field>
  );
}

const NAMED = {
  model: { list: 'models', label: 'advanced.model' },
  sampler: { list: 'samplers', label: 'advanced.sampler' },
} as const;

/** A model or sampler: a choice where the backend tells its names, a text where it does not. */
function NameField({ kind, values, errors, offered, onChange }: FieldsProps & { kind: keyof typeof NAMED }) {
  const listId = useId();
  const { list, label } = NAMED[kind];
  const { names, open } = namesOf(offered, list);
  const value = values[kind];
  if (!open && names.length === 0 && value === '') return null;
  const change = (name: string) => onChange(kind === 'model' ? { model: name } : { sampler: name });
  return (
    <Field label={t(label)} error={errors[kind]}>
      {(control) =>
        open ? (
          <>
            <Input
              {...control}
              name={kind}
              list={listId}
              autoComplete="off"
              placeholder={t('advanced.default')}
              value={value}
              onChange={(event) => change(event.target.value)}
            />
            <datalist id={listId}>
              {names.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        ) : (
          <Select {...control} name={kind} value={value} onChange={(event) => change(event.target.value)}>
            <option value="">{t('advanced.default')}</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
            {value !== '' && !names.includes(value) && (
              <option value={value}>{t('advanced.name.unknown', { name: value })}</option>
            )}
          </Select>
        )
      }
    </Field>
  );
}

function GuidanceField({ values, errors, offered, onChange }: FieldsProps) {
  if (values.cfg === '' && !someCan(offered, ({ cfg }) => cfg)) return null;
  return (
    <Field
      label={t('advanced.cfg')}
      hint={t('advanced.cfg.hint', { max: LIMITS.maxCfg })}
      error={errors.cfg}
      note={t('advanced.cfg.note')}
    >
      {(control) => (
        <Input
          {...control}
          name="cfg"
          inputMode="decimal"
          autoComplete="off"
          placeholder={t('advanced.default')}
          value={values.cfg}
          onChange={(event) => onChange({ cfg: event.target.value })}
          className="tabular"
        />
      )}
    </Field>
  );
}

function NegativePromptField({ values, errors, offered, onChange }: FieldsProps) {
  if (values.negativePrompt === '' && !someCan(offered, ({ negativePrompt }) => negativePrompt)) return null;
  return (
    <Field label={t('advanced.negative')} error={errors.negativePrompt}>
      {(control) => (
        <textarea
          {...control}
          name="negativePrompt"
          rows={2}
          value={values.negativePrompt}
          placeholder={t('advanced.negative.placeholder')}
          onChange={(event) => onChange({ negativePrompt: event.target.value })}
          className={clsx(controlClass, 'field-sizing-content max-h-48 min-h-16 resize-y px-3 py-2')}
        />
      )}
    </Field>
  );
}

/** Everything that most pictures do without: only what a backend that may get the job can do. */
export default function AdvancedSettings(props: AdvancedSettingsProps) {
  const { values, offered } = props;
  const fromPicture = values.image !== '' || someCan(offered, ({ imageToImage }) => imageToImage);
  return (
    <div className="flex animate-fade-in flex-col gap-5 border-border border-t p-3 pt-4 sm:p-4">
      <div className="grid grid-cols-1 items-start gap-4 min-[420px]:grid-cols-2 sm:grid-cols-3">
        <BackendField {...props} />
        <CountField {...props} />
        <SeedField {...props} />
        <NameField kind="model" {...props} />
        <NameField kind="sampler" {...props} />
        <GuidanceField {...props} />
      </div>
      <NegativePromptField {...props} />
      {fromPicture && <PictureField {...props} />}
    </div>
  );
}
