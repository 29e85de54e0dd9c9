import { LIMITS } from '@darkroom/protocol';
import { t } from '../../i18n/translate.ts';
import { STYLES, styleText } from '../../lib/job-text.ts';
import { Field, Input } from '../field.tsx';
import { Select } from '../select.tsx';
import { type FieldName, type FormValues, SIZES } from './form-values.ts';
import { type Offered, someCan, stylesOf } from './offered.ts';

/** What every part of the form that holds fields is given. */
export interface FieldsProps {
  readonly values: FormValues;
  readonly errors: Readonly<Partial<Record<FieldName, string>>>;
  readonly offered: Offered;
  readonly onChange: (change: Partial<FormValues>) => void;
}

/** A size, and why it cannot be chosen where it cannot. */
function sizeText(size: string, can: boolean, backend: string): string {
  if (can) return t('options.size', { size });
  return backend === '' ? t('generate.size.not', { size }) : t('generate.size.not.by', { size, backend });
}

function SizeField({ values, errors, offered, onChange }: FieldsProps) {
  return (
    <Field label={t('generate.size')} error={errors.size}>
      {(control) => (
        <Select
          {...control}
          name="size"
          value={values.size}
          onChange={(event) => onChange({ size: event.target.value })}
        >
          {SIZES.map((size) => {
            const can = someCan(offered, ({ sizes }) => sizes.includes(size));
            return (
              <option key={size} value={size} disabled={!can}>
                {sizeText(size, can, values.provider)}
              </option>
            );
          })}
        </Select>
      )}
    </Field>
  );
}

function StyleField({ values, errors, offered, onChange }: FieldsProps) {
  const known = stylesOf(offered, STYLES);
  const styles = known.includes(values.style) ? known : [...known, values.style];
  return (
    <div className="max-sm:col-span-2">
      <Field label={t('generate.style')} error={errors.style}>
        {(control) => (
          <Select
            {...control}
            name="style"
            value={values.style}
            onChange={(event) => onChange({ style: event.target.value })}
          >
            {styles.map((style) => (
              <option key={style} value={style}>
                {styleText(style)}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}

/** Size, steps and style, in one row where there is room. */
export function OptionFields(props: FieldsProps) {
  const { values, errors, offered, onChange } = props;
  const heeded = someCan(offered, ({ steps }) => steps);
  return (
    <div className="grid grid-cols-2 items-start gap-4 sm:grid-cols-3">
      <SizeField {...props} />
      <Field
        label={t('generate.steps')}
        hint={t('generate.steps.hint', { min: LIMITS.minSteps, max: LIMITS.maxSteps })}
        error={errors.steps}
        note={heeded ? undefined : t('generate.steps.ignored')}
      >
        {(control) => (
          <Input
            {...control}
            name="steps"
            type="number"
            inputMode="numeric"
            min={LIMITS.minSteps}
            max={LIMITS.maxSteps}
            disabled={!heeded}
            value={values.steps}
            onChange={(event) => onChange({ steps: event.target.value })}
            className="tabular"
          />
        )}
      </Field>
      <StyleField {...props} />
    </div>
  );
}
