import { useEffect, useRef, useState } from 'react';
import { useBackends } from '../../lib/use-backends.ts';
import {
  advancedCount,
  EMPTY_FORM,
  FIELDS,
  type FieldName,
  type FormValues,
  fieldOf,
  isAdvanced,
  problemsOf,
} from '../../ui/settings/form-values.ts';
import { type Offered, offeredBy } from '../../ui/settings/offered.ts';
import { problemText } from '../../ui/settings/problem-text.ts';
import { useSubmit } from './use-submit.ts';

type ErrorTexts = Partial<Record<FieldName, string>>;

/** What to say under each field: only what is too much at first, everything once Generate was pressed. */
function errorTexts(values: FormValues, offered: Offered, tried: boolean): ErrorTexts {
  const texts: ErrorTexts = {};
  const problems = problemsOf(values, offered);
  for (const field of FIELDS) {
    const problem = problems[field];
    if (problem !== undefined && (tried || problem !== 'empty')) texts[field] = problemText(field, problem, values);
  }
  return texts;
}

/** The form that starts a job: what is in it, what is wrong with it, and what may be done. */
export function useGenerateForm(initial: FormValues) {
  const [values, setValues] = useState(initial);
  const [tried, setTried] = useState(false);
  const [advancedOpen, setAdvancedOpen] = useState(advancedCount(initial) > 0);
  /** How often the form was cleared: what keeps a state of its own starts anew with it. */
  const [clears, setClears] = useState(0);
  const [sendingPicture, setSendingPicture] = useState(false);
  const [, lookAgain] = useState(0);
  const { submitting, failure, submit, forget } = useSubmit();
  const backends = useBackends();
  const form = useRef<HTMLFormElement>(null);
  const focusWanted = useRef(false);

  const offered = offeredBy(backends, values.provider);
  const refused = fieldOf(failure?.field);
  const errors = errorTexts(values, offered, tried);
  if (refused !== undefined && failure !== undefined) errors[refused] ??= failure.advice;

  useEffect(() => {
    if (refused === undefined) return;
    if (isAdvanced(refused)) setAdvancedOpen(true);
    focusWanted.current = true;
    lookAgain((looks) => looks + 1);
  }, [refused]);

  useEffect(() => {
    const first = focusWanted.current ? form.current?.querySelector<HTMLElement>('[aria-invalid=true]') : null;
    if (first === null || first === undefined) return;
    focusWanted.current = false;
    first.focus();
  });

  return {
    form,
    values,
    errors,
    backends,
    offered,
    clears,
    submitting,
    sendingPicture,
    setSendingPicture,
    /** What cannot be said beside a field. */
    failure: refused === undefined ? failure : undefined,
    advancedOpen,
    setAdvancedOpen,
    change(changed: Partial<FormValues>) {
      setValues((last) => ({ ...last, ...changed }));
      if (refused !== undefined) forget();
    },
    send() {
      if (submitting || sendingPicture) return;
      const problems = problemsOf(values, offered);
      const wrong = FIELDS.filter((field) => problems[field] !== undefined);
      if (wrong.length === 0) return void submit(values);
      setTried(true);
      if (wrong.some(isAdvanced)) setAdvancedOpen(true);
      focusWanted.current = true;
      lookAgain((looks) => looks + 1);
    },
    clear() {
      setValues(EMPTY_FORM);
      setTried(false);
      setClears(clears + 1);
      forget();
      form.current?.querySelector('textarea')?.focus();
    },
  };
}
