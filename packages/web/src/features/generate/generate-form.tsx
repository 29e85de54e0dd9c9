import { Sparkles } from 'lucide-react';
import { useCallback, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import type { FormValues } from '../../ui/settings/form-values.ts';
import { someCan } from '../../ui/settings/offered.ts';
import { OptionFields } from '../../ui/settings/option-fields.tsx';
import { toast } from '../../ui/toast-store.ts';
import { AdvancedDisclosure } from './advanced-disclosure.tsx';
import { PromptField } from './prompt-field.tsx';
import { SubmitError } from './submit-error.tsx';
import { useGenerateForm } from './use-generate-form.ts';
import { useGivenPicture } from './use-given-picture.ts';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

function Actions({ form }: { form: ReturnType<typeof useGenerateForm> }) {
  const { submitting, sendingPicture, clear } = form;
  const label = submitting ? 'generate.submitting' : sendingPicture ? 'generate.sending' : 'generate.submit';
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-b-card border-border border-t bg-sunken/60 px-4 py-4 sm:px-6">
      <Button
        type="submit"
        variant="primary"
        size="lg"
        loading={submitting || sendingPicture}
        className="max-sm:flex-1"
      >
        {!submitting && !sendingPicture && <Sparkles aria-hidden="true" />}
        {t(label)}
      </Button>
      <Button size="lg" onClick={clear} disabled={submitting}>
        {t('generate.clear')}
      </Button>
      <kbd className="ml-auto hidden rounded-md border border-border bg-raised px-2 py-0.5 font-sans text-muted text-small sm:block">
        {t(isMac ? 'generate.shortcut.mac' : 'generate.shortcut.other')}
      </kbd>
    </div>
  );
}

/** A picture that was dropped or pasted, on its way to the settings, which may have to be loaded first. */
function useDroppedPicture({ offered, setAdvancedOpen }: ReturnType<typeof useGenerateForm>) {
  const [file, setFile] = useState<File>();
  const can = someCan(offered, ({ imageToImage }) => imageToImage);
  const take = useCallback(
    (picture: File) => {
      if (!can) return toast({ tone: 'error', title: t('generate.drop.not') });
      setFile(picture);
      setAdvancedOpen(true);
    },
    [can, setAdvancedOpen],
  );
  return { file, forget: useCallback(() => setFile(undefined), []), ...useGivenPicture(take) };
}

/** The form that starts a job. */
export function GenerateForm({ initial }: { initial: FormValues }) {
  const form = useGenerateForm(initial);
  const dropped = useDroppedPicture(form);
  const { values, errors, offered, change, send } = form;
  return (
    <Card aria-label={t('generate.form')} className="relative" {...dropped.handlers}>
      {dropped.dragging && (
        <p className="pointer-events-none absolute inset-0 z-10 grid place-items-center rounded-card border-2 border-primary border-dashed bg-background/85 font-medium">
          {t('generate.drop')}
        </p>
      )}
      <form
        ref={form.form}
        noValidate
        aria-busy={form.submitting}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div className="flex flex-col gap-6 p-4 sm:p-6">
          <PromptField
            value={values.prompt}
            error={errors.prompt}
            onChange={(prompt) => change({ prompt })}
            onSubmit={send}
          />
          <OptionFields values={values} errors={errors} offered={offered} onChange={change} />
          <AdvancedDisclosure
            key={form.clears}
            open={form.advancedOpen}
            onOpen={form.setAdvancedOpen}
            values={values}
            errors={errors}
            offered={offered}
            backends={form.backends}
            dropped={dropped.file}
            onTaken={dropped.forget}
            onChange={change}
            onSending={form.setSendingPicture}
          />
          {form.failure !== undefined && <SubmitError failure={form.failure} />}
        </div>
        <Actions form={form} />
      </form>
    </Card>
  );
}
