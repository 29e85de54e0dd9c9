import { useDarkroom } from '@darkroom/client/react';
import { useRef, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { navigate } from '../../lib/navigation.ts';
import { randomKey } from '../../lib/random-key.ts';
import { type RequestFailure, requestFailure } from '../../lib/request-failure.ts';
import { type FormValues, requestOf } from '../../ui/settings/form-values.ts';
import { toast } from '../../ui/toast-store.ts';

/** Starts a job and goes to its page. The same form sent again after a failure gets the same job, not a second one. */
export function useSubmit() {
  const client = useDarkroom();
  const [submitting, setSubmitting] = useState(false);
  const [failure, setFailure] = useState<RequestFailure>();
  const sent = useRef({ body: '', key: '' });

  const submit = async (values: FormValues) => {
    const request = requestOf(values);
    const body = JSON.stringify(request);
    if (sent.current.body !== body) sent.current = { body, key: randomKey() };
    setSubmitting(true);
    setFailure(undefined);
    try {
      const job = await client.createJob(request, { idempotencyKey: sent.current.key });
      sent.current = { body: '', key: '' };
      toast({ tone: 'success', title: t('generate.created'), body: t('generate.created.body') });
      navigate(`/jobs/${job.id}`);
    } catch (cause) {
      setFailure(requestFailure(cause));
      setSubmitting(false);
    }
  };

  return { submitting, failure, submit, forget: () => setFailure(undefined) };
}
