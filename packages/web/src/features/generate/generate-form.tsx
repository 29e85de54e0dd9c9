import { Sparkles } from 'lucide-react';
import { useRef, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EMPTY_FORM, type FieldName, type FormValues, problemsOf } from './form-values.ts';
import { OptionFields } from './option-fields.tsx';
import { problemText } from './problem-text.ts';
import { PromptField } from './prompt-field.tsx';
import { SubmitError } from './submit-error.tsx';
import { useSubmit } from './use-submit.ts';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What to say under each field: only what is too much at first, everything once Generate was pressed. */
function errorTexts(values: FormValues, tried: boolean): Partial<Record<FieldName, string>> {
  const texts: Partial<Record<FieldName, string>> = {};
  const problems = problemsOf(values);
  for (const field of ['prompt', 'steps', 'seed'] as const) {
    const problem = problems[field];
    if (problem !== undefined && (tried || problem !== 'empty')) texts[field] = problemText(field, problem, values);
  }
  return texts;
}

/** The form that starts a job. */
export function GenerateForm({ initial }: { initial: FormValues }) {
  const [values, setValues] = useState(initial);
  const [tried, setTried] = useState(false);
  const { submitting, failure, submit, forget } = useSubmit();
  const prompt = useRef<HTMLTextAreaElement>(null);
  const errors = errorTexts(values, tried);

  const change = (changed: Partial<FormValues>) => setValues((last) => ({ ...last, ...changed }));
  const send = () => {
    if (submitting) return;
    setTried(true);
    const problems = problemsOf(values);
    if (problems.prompt !== undefined) prompt.current?.focus();
    if (Object.keys(problems).length === 0) void submit(values);
  };
  const clear = () => {
    setValues(EMPTY_FORM);
    setTried(false);
    forget();
    prompt.current?.focus();
  };

  return (
    <Card aria-label={t('generate.form')}>
      <form
        noValidate
        aria-busy={submitting}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div className="flex flex-col gap-6 p-4 sm:p-6">
          <PromptField
            value={values.prompt}
            error={errors.prompt}
            inputRef={prompt}
            onChange={(text) => change({ prompt: text })}
            onSubmit={send}
          />
          <OptionFields values={values} errors={errors} onChange={change} />
          {failure !== undefined && <SubmitError failure={failure} />}
        </div>
        <div className="flex flex-wrap items-center gap-3 rounded-b-card border-border border-t bg-sunken/60 px-4 py-4 sm:px-6">
          <Button type="submit" variant="primary" size="lg" loading={submitting} className="max-sm:flex-1">
            {!submitting && <Sparkles aria-hidden="true" />}
            {t(submitting ? 'generate.submitting' : 'generate.submit')}
          </Button>
          <Button size="lg" onClick={clear} disabled={submitting}>
            {t('generate.clear')}
          </Button>
          <kbd className="ml-auto hidden rounded-md border border-border bg-raised px-2 py-0.5 font-sans text-muted text-small sm:block">
            {t(isMac ? 'generate.shortcut.mac' : 'generate.shortcut.other')}
          </kbd>
        </div>
      </form>
    </Card>
  );
}
