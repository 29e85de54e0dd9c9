import { LIMITS } from '@darkroom/protocol';
import { t } from '../../i18n/translate.ts';
import { isStyle, STYLES, styleText } from '../../lib/job-text.ts';
import { Field, Input } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { type FieldName, type FormValues, SIZES } from './form-values.ts';

interface OptionFieldsProps {
  readonly values: FormValues;
  readonly errors: Readonly<Partial<Record<FieldName, string>>>;
  readonly onChange: (change: Partial<FormValues>) => void;
}

function StyleField({ value, onChange }: { value: string; onChange: (style: string) => void }) {
  const styles = isStyle(value) ? STYLES : [...STYLES, value];
  return (
    <Field label={t('generate.style')}>
      {(control) => (
        <Select {...control} name="style" value={value} onChange={(event) => onChange(event.target.value)}>
          {styles.map((style) => (
            <option key={style} value={style}>
              {styleText(style)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** Size, steps, style and seed, in one row where there is room. */
export function OptionFields({ values, errors, onChange }: OptionFieldsProps) {
  return (
    <div className="grid grid-cols-2 items-start gap-4 md:grid-cols-4">
      <Field label={t('generate.size')}>
        {(control) => (
          <Select
            {...control}
            name="size"
            value={values.size}
            onChange={(event) => onChange({ size: event.target.value })}
          >
            {SIZES.map((size) => (
              <option key={size} value={size}>
                {t('options.size', { size })}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label={t('generate.steps')}
        hint={t('generate.steps.hint', { min: LIMITS.minSteps, max: LIMITS.maxSteps })}
        error={errors.steps}
      >
        {(control) => (
          <Input
            {...control}
            name="steps"
            type="number"
            inputMode="numeric"
            min={LIMITS.minSteps}
            max={LIMITS.maxSteps}
            value={values.steps}
            onChange={(event) => onChange({ steps: event.target.value })}
            className="tabular"
          />
        )}
      </Field>
      <StyleField value={values.style} onChange={(style) => onChange({ style })} />
      <Field label={t('generate.seed')} error={errors.seed}>
        {(control) => (
          <Input
            {...control}
            name="seed"
            inputMode="numeric"
            autoComplete="off"
            placeholder={t('generate.seed.placeholder')}
            value={values.seed}
            onChange={(event) => onChange({ seed: event.target.value })}
            className="tabular"
          />
        )}
      </Field>
    </div>
  );
}
